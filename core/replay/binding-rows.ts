/** The bindings of a run as a report lists them. */
import type { BindingTable } from './binding-table.ts';
import type { Renumbered } from './renumbered.ts';
import type { Handover } from './run-types.ts';
import { plainText } from './spelling.ts';

export interface BindingRow {
  readonly id: string;
  readonly what: string;
  readonly evidence: string;
  readonly recorded: string;
  readonly replayed: string;
  readonly uses: number;
  readonly enabled: boolean;
}

export function bindingRows(
  bindings: BindingTable,
  renumbered: readonly Renumbered[],
  handovers: readonly Handover[],
): BindingRow[] {
  const bound = bindings.states().map(({ binding, enabled, replayed, uses }) => ({
    id: binding.id,
    what: binding.what,
    evidence: binding.evidence,
    recorded: plainText(binding.recorded),
    replayed: replayed === undefined ? '' : plainText(replayed),
    uses,
    enabled,
  }));
  return [...bound, ...renumbered.map(renumberedRow), ...handovers.map(handoverRow)];
}

/** Written nowhere: it says what the verdict took for one another. */
function renumberedRow({ kind, pairs, where }: Renumbered, i: number): BindingRow {
  const few = (texts: readonly string[]): string =>
    texts.slice(0, 3).join(', ') + (texts.length > 3 ? ` and ${texts.length - 3} more` : '');
  return {
    id: `r${i + 1}`,
    what: `${kind} in ${few(where)}`,
    evidence: 'ids no client echoes: each became one other wherever it stood, and none stayed what it was',
    recorded: few(pairs.map((pair) => plainText(pair.recorded))),
    replayed: few(pairs.map((pair) => plainText(pair.replayed))),
    uses: 0,
    enabled: true,
  };
}

function handoverRow({ conn, what, n, recorded, live }: Handover): BindingRow {
  const evidence = `the protocol says that frame ${n} hands the client over; connection ${conn} was opened because of it`;
  return {
    id: `h${conn}`,
    what: `address of connection ${conn}, from ${what}`,
    evidence,
    recorded,
    replayed: live,
    uses: 1,
    enabled: true,
  };
}
