/**
 * Golden messages, written by hand in the seed's own notation and packed by a few lines that know nothing of the schema:
 * B, W, D numbers · S:text string · T token · R:text rest of the message · F:text decimal number · X hex.
 */
import type { Example } from '../../core/protocol/protocol.ts';
import { type Dialect, DIALECTS } from './entry.ts';
import { GOLDEN } from './golden.ts';
import { directionOf, ENTRIES, idIn } from './tables.ts';

const TOKEN = Array.from({ length: 32 }, (_, i) => i + 1);
const utf8 = (text: string): number[] => [...new TextEncoder().encode(text)];
const word = (value: number): number[] => [(value >> 8) & 255, value & 255];

function pack(notation: string, dialect: Dialect): number[] {
  const out: number[] = [];
  for (const part of notation.split(' ').filter((p) => p !== '')) {
    const rest = part.slice(1);
    const text = part.slice(2).replaceAll('_', ' ');
    switch (part[0]) {
      case 'B':
        out.push(Number(rest) & 255);
        break;
      case 'W':
        out.push(...word(Number(rest)));
        break;
      case 'D':
        out.push(...word(Number(rest) >>> 16), ...word(Number(rest) & 0xffff));
        break;
      case 'S':
        out.push(...(dialect === 'seed' ? [...utf8(text), 0] : [...word(utf8(text).length), ...utf8(text)]));
        break;
      case 'T':
        out.push(...TOKEN);
        break;
      case 'R':
        out.push(...utf8(text));
        break;
      case 'F':
        out.push(text.length, ...utf8(text));
        break;
      default:
        for (let i = 1; i < part.length; i += 2) out.push(Number.parseInt(part.slice(i, i + 2), 16));
    }
  }
  return out;
}

function example(line: string): Example[] {
  const [head = '', notation = ''] = line.split('|');
  const [name = '', ...only] = head.trim().split(/\s+/);
  const entry = ENTRIES.find((e) => e.name === name);
  if (entry === undefined) throw new Error(`no message ${name}`);
  const direction = directionOf(name);
  return DIALECTS.filter((d) => only.length === 0 || only.includes(d)).flatMap((dialect) => {
    const id = idIn(entry, dialect);
    if (id === null) return [];
    const bytes = [...word(id), ...pack(notation, dialect)];
    return [
      {
        name: `${name} (${dialect})`,
        direction: direction === 'both' ? 'toClient' : direction,
        hex: bytes.map((b) => b.toString(16).padStart(2, '0')).join(''),
        message: name,
        options: { dialect },
      },
    ];
  });
}

/** A message with several lines has its examples numbered. */
export const examples: readonly Example[] = GOLDEN.trim()
  .split('\n')
  .flatMap(example)
  .map((one, at, all) => {
    const before = all.slice(0, at).filter((other) => other.name === one.name).length;
    return before === 0 ? one : { ...one, name: `${one.name} ${before + 1}` };
  });
