/** Conformance of the examples: they decode to what they say and are written back byte for byte. */
import { toHex } from '../schema/characters.ts';
import { equalValues } from '../schema/encode.ts';
import { plainValue } from '../schema/plain-value.ts';
import { attempt, dissected, type Failures, type Golden, shown } from './conformance-ground.ts';
import type { Protocol } from './protocol.ts';

export function golden(protocol: Protocol, goldens: readonly Golden[], failures: Failures): void {
  for (const one of goldens) {
    const { example } = one;
    const [first] = dissected(protocol, one).messages;
    if (first === undefined || first.name !== example.message) {
      failures.add(`${example.name}: decoded as ${String(first?.name)}, expected ${String(example.message)}.`);
      continue;
    }
    if (example.fields !== undefined && !equalValues(plainValue(first.fields), plainValue(example.fields))) {
      failures.add(`${example.name}: decoded to ${shown(first.fields)}, expected ${shown(example.fields)}.`);
    }
    const quick = protocol.classify(one.bytes, example.direction, one.state);
    if (example.message !== null && quick?.name !== example.message) {
      failures.add(`${example.name}: classify says ${String(quick?.name)}, dissect says ${example.message}.`);
    }
  }
}

export function reencoded(protocol: Protocol, goldens: readonly Golden[], failures: Failures): void {
  for (const { example, bytes, state } of goldens) {
    const { messages } = protocol.dissect(bytes, example.direction, state);
    const [first] = messages;
    if (first === undefined || first.name === null || example.lossy !== undefined) continue;
    if (messages.length > 1) {
      failures.add(`${example.name}: a frame of several messages cannot be written from one; say so in \`lossy\`.`);
      continue;
    }
    const made = attempt(() =>
      protocol.encode({ message: first.name as string, fields: first.fields }, example.direction, state),
    );
    if (made.error !== undefined) failures.add(`${example.name}: encoding threw ${made.error}`);
    else if (toHex(made.value.bytes) !== toHex(bytes)) {
      failures.add(`${example.name}: re-encoded as ${toHex(made.value.bytes)}, was ${toHex(bytes)}.`);
    }
  }
}

/** With the original at hand, writing the same value again must give the very same bytes, lossy or not. */
export function unchangedEdit(protocol: Protocol, goldens: readonly Golden[], failures: Failures): void {
  for (const { example, bytes, state } of goldens) {
    const { messages } = protocol.dissect(bytes, example.direction, state);
    const [first] = messages;
    if (first === undefined || first.name === null || messages.length > 1) continue;
    const composed = { message: first.name, fields: first.fields };
    const made = attempt(() => protocol.encode(composed, example.direction, state, { original: bytes }));
    if (made.error !== undefined) failures.add(`${example.name}: encoding with the original threw ${made.error}`);
    else if (toHex(made.value.bytes) !== toHex(bytes)) {
      failures.add(
        `${example.name}: an edit that changes nothing gives ${toHex(made.value.bytes)}, was ${toHex(bytes)}.`,
      );
    }
  }
}
