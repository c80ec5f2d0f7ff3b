/** Values the server issued in this run, written where the recorded message has those of the recording. */
import type { Protocol } from '../protocol/protocol.ts';
import { leavesOf } from '../replay/leaves.ts';
import { type Plain, readAs, writeAs } from '../replay/spelling.ts';
import { mutant } from '../schema/mutate.ts';
import { getPath, parsePath, setPath } from '../schema/path.ts';
import type { Issue, Link, SendStep } from './script.ts';

export interface Relinking {
  readonly protocol: Protocol;
  readonly state: unknown;
  /** Fields of the message a value comes from, when it has come. */
  readonly issued: (issue: Issue) => unknown;
}

/** Undefined: nothing to change, or it cannot be written. */
export function relinked(step: SendStep, links: readonly Link[], how: Relinking): Uint8Array | undefined {
  try {
    let bytes = step.mutating?.base ?? step.bytes;
    let isChanged = false;
    for (const index of new Set(links.map((link) => link.index))) {
      const own = links.filter((link) => link.index === index);
      const written = relinkMessage(step, bytes, index, own, how);
      if (written === undefined) continue;
      bytes = written;
      isChanged = true;
    }
    return isChanged ? bytes : undefined;
  } catch {
    // A mutated message may be none the protocol can read or write.
    return undefined;
  }
}

function relinkMessage(
  { mutating }: SendStep,
  bytes: Uint8Array,
  index: number,
  links: readonly Link[],
  { protocol, state, issued }: Relinking,
): Uint8Array | undefined {
  const message = protocol.dissect(bytes, 'toServer', state as never).messages[index];
  if (message?.name == null) return undefined;
  let { fields } = message;
  let isChanged = false;
  for (const link of links) {
    const plain = plainOf(link, issued);
    if (plain === undefined) continue;
    const path = parsePath(link.path);
    const leaf = getPath(fields, path);
    if (leaf === undefined || readAs(leaf, link.spelling) === plain) continue;
    const value = writeAs(leaf, link.spelling, plain);
    if (value === undefined) continue;
    fields = setPath(fields, path, value);
    isChanged = true;
  }
  if (!isChanged) return undefined;
  const name = message.name;
  if (mutating?.index !== index || message.spec === undefined)
    return protocol.encode({ message: name, fields }, 'toServer', state as never, { original: bytes }).bytes;
  // The mutation is done again, to the message as it is in this run.
  const made = mutant(message.spec.node, fields, mutating.id, { seed: mutating.seed });
  if (made === undefined) return undefined;
  const how = { original: bytes, ...(made.override === undefined ? {} : { override: made.override }) };
  return protocol.encode({ message: name, fields: made.value }, 'toServer', state as never, how).bytes;
}

function plainOf({ from }: Link, issued: Relinking['issued']): Plain | undefined {
  for (const issue of from) {
    const fields = issued(issue);
    const plain = fields === undefined ? undefined : plainAt(fields, issue);
    if (plain !== undefined) return plain;
  }
  return undefined;
}

function plainAt(fields: unknown, { path, spelling }: Issue): Plain | undefined {
  const direct = readAs(getPath(fields, parsePath(path)), spelling);
  if (direct !== undefined) return direct;
  // Lists change their order and length: any item with this field will do.
  const pattern = path.replaceAll(/\[\d+\]/g, '[]');
  if (pattern === path) return undefined;
  for (const leaf of leavesOf(fields)) {
    const plain = readAs(leaf.value, spelling);
    if (plain === undefined) continue;
    let text = '';
    for (const segment of leaf.path) text += typeof segment === 'number' ? '[]' : text === '' ? segment : `.${segment}`;
    if (text === pattern) return plain;
  }
  return undefined;
}
