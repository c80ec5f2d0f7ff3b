/** What a protocol file says of messages together: pairs, handoffs, correlations, invariants. Each names messages and fields that must exist. */
import { pathExists } from './declared-paths.ts';
import type { Correlation, Handoff, MessageSpec, Pair } from './protocol.ts';
import { type CompileCondition, conditionTest, type Invariant } from './yaml-conditions.ts';
import { TRANSPORTS } from './yaml-ports.ts';
import { type Cell, closest } from './yaml-source.ts';

function specsNamed(cell: Cell, name: string, specs: readonly MessageSpec[]): readonly MessageSpec[] {
  const found = specs.filter((spec) => spec.name === name);
  if (found.length === 0) {
    const near = closest(
      name,
      specs.map((spec) => spec.name),
    );
    cell.problem(`There is no message ${name}.${near === undefined ? '' : ` Did you mean ${near}?`}`);
  }
  return found;
}

function pathIn(cell: Cell | undefined, found: readonly MessageSpec[]): string | undefined {
  const path = cell?.asText();
  if (cell === undefined || path === undefined) return undefined;
  if (found.length > 0 && !found.some((spec) => pathExists(spec.node, path))) {
    return cell.problem(`${found[0]?.name} has no field ${path}.`);
  }
  return path;
}

function namesOf(
  cell: Cell | undefined,
  owner: Cell,
  what: string,
  specs: readonly MessageSpec[],
): readonly string[] | '*' | undefined {
  if (cell === undefined) return owner.problem(`\`${what}\` is missing.`);
  const names = cell.asTexts();
  if (names.length === 1 && names[0] === '*') return '*';
  for (const name of names) specsNamed(cell, name, specs);
  return names;
}

export function pairOf(cell: Cell, specs: readonly MessageSpec[]): Pair | undefined {
  cell.allow('request', 'reply', 'direction', 'match', 'required', 'sameConnection');
  const request = namesOf(cell.get('request'), cell, 'request', specs);
  const replies = namesOf(cell.get('reply'), cell, 'reply', specs);
  if (request === undefined || replies === undefined) return undefined;
  const said = cell.get('direction')?.asWord(['toServer', 'toClient'] as const);
  const own = request === '*' ? undefined : specs.find((spec) => spec.name === request[0])?.direction;
  const direction = said ?? (own === 'toClient' ? 'toClient' : 'toServer');
  const match = cell
    .get('match')
    ?.entries()
    .map((entry) => [entry.key, entry.value.asText() ?? ''] as const);
  const required = cell.get('required')?.asBoolean();
  const sameConnection = cell.get('sameConnection')?.asBoolean();
  return {
    direction,
    request,
    replies,
    ...(match === undefined ? {} : { match }),
    ...(required === undefined ? {} : { required }),
    ...(sameConnection === undefined ? {} : { sameConnection }),
  };
}

export function handoffOf(cell: Cell, specs: readonly MessageSpec[]): Handoff | undefined {
  cell.allow('message', 'address', 'port', 'token', 'role', 'transport');
  const message = cell.need('message', '`message` is missing.')?.asText();
  if (message === undefined) return undefined;
  const found = specsNamed(cell.get('message') ?? cell, message, specs);
  const address = pathIn(cell.need('address', 'A handoff needs `address`, the field with the address.'), found);
  const port = pathIn(cell.need('port', 'A handoff needs `port`, the field with the port.'), found);
  const token = pathIn(cell.get('token'), found);
  const role = cell.get('role')?.asText();
  const transport = cell.get('transport')?.asWord(TRANSPORTS);
  if (address === undefined || port === undefined) return undefined;
  return {
    message,
    direction: found[0]?.direction === 'toServer' ? 'toServer' : 'toClient',
    address,
    port,
    ...(token === undefined ? {} : { token }),
    ...(role === undefined ? {} : { role }),
    ...(transport === undefined ? {} : { transport }),
  };
}

export function correlationOf(cell: Cell, specs: readonly MessageSpec[]): Correlation | undefined {
  cell.allow('kind', 'issued', 'echoed', 'ties');
  const kind = cell.get('kind')?.asWord(['token', 'id', 'sequence', 'salt'] as const) ?? 'id';
  const place = (one: Cell): { message: string; path: string } | undefined => {
    one.allow('message', 'path');
    const message = one.need('message', '`message` is missing.')?.asText();
    if (message === undefined) return undefined;
    const path = pathIn(one.get('path'), specsNamed(one, message, specs));
    return path === undefined ? undefined : { message, path };
  };
  const issuedCell = cell.get('issued');
  const issued = issuedCell === undefined ? cell.problem('`issued` is missing.') : place(issuedCell);
  const echoed = (cell.get('echoed')?.items() ?? []).flatMap((one) => place(one) ?? []);
  const ties = cell.get('ties')?.asBoolean();
  return issued === undefined ? undefined : { kind, issued, echoed, ...(ties === undefined ? {} : { ties }) };
}

export function invariantOf(
  cell: Cell,
  id: string,
  compile: CompileCondition,
  specs: readonly MessageSpec[],
): Invariant | undefined {
  cell.allow('name', 'where', 'that', 'after', 'constant', 'increasing', 'text', 'severity');
  const name = cell.need('name', 'An invariant needs a `name`.')?.asText();
  const text = cell.get('text')?.asText();
  if (name === undefined) return undefined;
  const whereCell = cell.get('where');
  const thatCell = cell.get('that');
  const where = whereCell === undefined ? undefined : conditionTest(whereCell, id, compile);
  const that = thatCell === undefined ? undefined : conditionTest(thatCell, id, compile);
  const after = cell.get('after')?.asTexts();
  for (const message of after ?? []) specsNamed(cell.get('after') ?? cell, message, specs);
  const constant = cell.get('constant')?.asText();
  const increasing = cell.get('increasing')?.asText();
  if (thatCell === undefined && after === undefined && constant === undefined && increasing === undefined) {
    return cell.problem(
      'An invariant needs `that` (a condition), `after` (messages), `constant` or `increasing` (a field).',
    );
  }
  return {
    name,
    text: text ?? `The invariant ${name} does not hold.`,
    severity: cell.get('severity')?.asWord(['note', 'warning', 'error'] as const) ?? 'warning',
    ...(where === undefined ? {} : { where }),
    ...(that === undefined ? {} : { that }),
    ...(after === undefined ? {} : { after }),
    ...(constant === undefined ? {} : { constant }),
    ...(increasing === undefined ? {} : { increasing }),
  };
}
