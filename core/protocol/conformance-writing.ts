/** Conformance of what is written without a recording: mutants, values from a form, messages from blank. */
import { toHex } from '../schema/characters.ts';
import { equalValues } from '../schema/encode.ts';
import { blank, form, readForm } from '../schema/form.ts';
import { mutant, mutants } from '../schema/mutate.ts';
import type { Node } from '../schema/nodes.ts';
import { attempt, type Failures, type Golden, linkOf, shown, specOf } from './conformance-ground.ts';
import type { Direction, MessageSpec, Protocol } from './protocol.ts';

export function mutated(protocol: Protocol, goldens: readonly Golden[], failures: Failures): void {
  const done = new Set<Node>();
  for (const one of goldens) {
    const found = specOf(protocol, one);
    const { example, state } = one;
    if (found === undefined || done.has(found.spec.node)) continue;
    done.add(found.spec.node);
    const { spec, fields } = found;
    const write = (value: unknown, override?: Readonly<Record<string, unknown>>): string =>
      toHex(
        protocol.encode(
          { message: spec.name, fields: value },
          example.direction,
          state,
          override === undefined ? {} : { override },
        ).bytes,
      );
    const seed = attempt(() => write(fields));
    if (seed.error !== undefined) continue;
    let index = 0;
    for (const made of mutants(spec.node, fields, { seed: 7 })) {
      const bytes = attempt(() => write(made.value, made.override));
      if (bytes.error !== undefined) failures.add(`${example.name}, ${made.id}: encoding threw ${bytes.error}`);
      else if (bytes.value === seed.value && !maySay(protocol, spec, made.value, made, example.direction, state)) {
        failures.add(`${example.name}, ${made.id}: the same bytes as its seed.`);
      }
      // Looking one up by id walks the list, so only some are.
      if (index % 17 === 0) {
        const again = mutant(spec.node, fields, made.id, { seed: 7 });
        if (
          again === undefined ||
          !equalValues(again.value, made.value) ||
          !equalValues(again.override, made.override)
        ) {
          failures.add(`${example.name}, ${made.id}: not the same the second time.`);
        }
      }
      index += 1;
      if (failures.many) return;
    }
  }
}

/** A lie that happens to be true, and a text cut to its fixed size, may give the seed's bytes. */
function maySay(
  protocol: Protocol,
  spec: MessageSpec,
  value: unknown,
  made: { readonly name: string },
  direction: Direction,
  state: unknown,
): boolean {
  if (made.name.startsWith('lie-')) return true;
  const { expert } = protocol.encode({ message: spec.name, fields: value }, direction, state);
  return expert.some((info) => info.code === 'too-long');
}

export function forms(protocol: Protocol, goldens: readonly Golden[], failures: Failures): void {
  for (const one of goldens) {
    const found = specOf(protocol, one);
    if (found === undefined) continue;
    const { example, state } = one;
    const write = (fields: unknown): string =>
      toHex(protocol.encode({ message: found.spec.name, fields }, example.direction, state).bytes);
    const seed = attempt(() => write(found.fields));
    if (seed.error !== undefined) continue;
    const made = attempt(() => write(readForm(form(found.spec.node, found.fields))));
    if (made.error !== undefined) failures.add(`${example.name}: the form threw ${made.error}`);
    else if (made.value !== seed.value) {
      failures.add(
        `${example.name}: the form gives ${shown(readForm(form(found.spec.node, found.fields)))}, not ${shown(found.fields)}.`,
      );
    }
  }
}

export function blanks(protocol: Protocol, failures: Failures): void {
  const usual = protocol.start(linkOf(protocol), {});
  for (const spec of protocol.messages) {
    // A dialect's message is composed where an example of it lives.
    const own = protocol.examples.filter((one) => one.message === spec.name);
    const example = own.find((one) => spec.dialects?.includes(one.options?.['dialect'] ?? '') === true) ?? own[0];
    const state = example === undefined ? usual : protocol.start(linkOf(protocol, example), example.options ?? {});
    const direction = spec.direction === 'both' ? (example?.direction ?? 'toServer') : spec.direction;
    const made = attempt(() => protocol.encode({ message: spec.name, fields: blank(spec.node) }, direction, state));
    if (made.error !== undefined) failures.add(`${spec.name}: a blank one cannot be encoded: ${made.error}`);
  }
}
