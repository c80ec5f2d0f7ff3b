/** Numbers and lengths as a protocol file writes them in one word or two: `u16be`, `rest`, `from size`, `until 0d0a`. */
import * as b from '../schema/builders.ts';
import { fromHex } from '../schema/characters.ts';
import type { Length, Node } from '../schema/nodes.ts';
import type { Cell } from './yaml-source.ts';

/** Byte order of numbers that do not say theirs. */
export interface NumberWorld {
  readonly endian: 'be' | 'le';
}

export function numberType(word: string, world: NumberWorld): Node | undefined {
  if (word === 'varint') return b.varint();
  if (word === 'zigzag') return b.zigzag();
  const match = /^([uif])(8|16|24|32|64)(be|le)?$/.exec(word);
  if (match === null) return undefined;
  const [, letter = '', bits = '', order = world.endian] = match;
  if (letter === 'f' && bits !== '32' && bits !== '64') return undefined;
  const name = `${letter}${bits}${bits === '8' ? '' : order}`;
  const makers: Readonly<Record<string, unknown>> = b;
  return Object.hasOwn(makers, name) ? (makers[name] as () => Node)() : undefined;
}

/** `32`, `rest`, `nul`, `from name`, `until 0d0a`, or the type of a length before it. */
export function lengthOf(text: string, cell: Cell, world: NumberWorld): Length | undefined {
  if (/^\d+$/.test(text)) return b.size(Number(text));
  if (text === 'rest') return b.rest;
  if (text === 'nul') return b.nul;
  const told = /^from\s+(\S+)$/.exec(text);
  if (told !== null) return b.from(told[1] as string);
  const until = /^until\s+([0-9a-fA-F]+)$/.exec(text);
  if (until !== null) return b.until(fromHex(until[1] as string));
  const prefix = numberType(text, world);
  if (prefix?.kind === 'int' || prefix?.kind === 'varint') return b.prefix(prefix);
  return cell.problem(
    `${text === '' ? 'A length is missing' : `${text} is no length`}. Write a number of bytes, rest, nul, from FIELD, until HEX, or the type of a length before it (u16be).`,
  );
}
