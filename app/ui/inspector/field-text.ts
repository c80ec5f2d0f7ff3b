/** A field's value as the tree shows it: the value itself, and what is said about it, apart. */
import type { FieldView } from '../../../core/contract/frames.ts';
import { grouped } from '../format/number.ts';
import { oneLine } from '../format/text.ts';

export interface FieldText {
  readonly value: string;
  readonly note: string;
}

const LONGEST = 400;

export function fieldText(field: FieldView): FieldText {
  const text = oneLine(field.text.length > LONGEST ? `${field.text.slice(0, LONGEST)}…` : field.text);
  if (field.children.length > 0 && field.value === undefined) {
    const counted = /^(\d+)(?: (.*))?$/s.exec(text);
    if (counted?.[1] !== undefined && !/^\d+(, -?\d+)+/.test(text))
      return { value: counted[1], note: counted[2] ?? '' };
    const pair = /^(-?[\d.]+(?:, -?[\d.]+)+)(?: (.*))?$/s.exec(text);
    if (pair?.[1] === undefined) return { value: '', note: text };
    return { value: pair[1].split(', ').map(spaced).join(', '), note: pair[2] ?? '' };
  }
  if (field.kind === 'bytes') return { value: text, note: '' };
  const quoted = /^("(?:[^"\\]|\\.)*") (.+)$/s.exec(text);
  if (quoted?.[1] !== undefined && quoted[2] !== undefined) return { value: quoted[1], note: quoted[2] };
  const named = /^(-?(?:0x[0-9a-f]+|\d+(?:\.\d+)?)) (.+)$/is.exec(text);
  const unit = field.unit === undefined ? '' : field.unit;
  if (named?.[1] !== undefined && named[2] !== undefined) {
    return { value: spaced(named[1]), note: named[2] === unit || unit === '' ? named[2] : `${named[2]} ${unit}` };
  }
  return { value: spaced(text), note: unit };
}

function spaced(text: string): string {
  return /^-?\d{4,15}(\.\d+)?$/.test(text) ? grouped(Number(text)) : text;
}

const PREVIEWED = 4;

/** What a closed group holds, in a few words: `beingId 6 · x 800 · y 1 024`. */
export function preview(field: FieldView): string {
  const parts = field.children.slice(0, PREVIEWED).map((child) => {
    const { value, note } = fieldText(child);
    const isGroup = child.children.length > 0 && child.value === undefined;
    const text = isGroup && field.children.length > 1 ? '' : isGroup ? preview(child) : value === '' ? note : value;
    const short = text.length > 48 ? `${text.slice(0, 47)}…` : text;
    return /^\[?\d+\]?$/.test(child.name) ? short : `${child.name}${short === '' ? '' : ` ${short}`}`;
  });
  if (field.children.length > PREVIEWED) parts.push('…');
  return parts.filter((part) => part !== '').join(' · ');
}

/** `[8, 10)`, or the bits within the byte: `[3, 4) bits 2–3`; nothing for what is not among the bytes. */
export function rangeText(field: FieldView): string {
  if (field.start === field.end && field.children.length === 0 && field.value !== undefined) return '';
  const range = `[${field.start}, ${field.end})`;
  if (field.bits === undefined) return range;
  const { offset, width } = field.bits;
  return width === 1 ? `${field.start}.${offset}` : `${field.start}.${offset}–${offset + width - 1}`;
}

/** The value as plain text for the clipboard. */
export function plainValue(field: FieldView): string {
  const { value } = field;
  if (value === undefined) return field.text;
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) {
    const special = value as { readonly big?: unknown; readonly hex?: unknown };
    if (typeof special.big === 'string') return special.big;
    if (typeof special.hex === 'string') return special.hex;
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The field and everything in it as JSON. */
export function jsonOf(field: FieldView): unknown {
  if (field.children.length === 0 || field.value !== undefined) return field.value ?? field.text;
  if (field.children.every((child) => /^\[?\d+\]?$/.test(child.name))) return field.children.map(jsonOf);
  return Object.fromEntries(field.children.map((child) => [child.name, jsonOf(child)]));
}
