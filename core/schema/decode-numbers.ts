/** Numbers: integers, variable ones, floats, flags, packed bits. */
import { ABSENT, cut, EMPTY, pushLeaf, type Step } from './decode-step.ts';
import type { BitsNode, FieldNode, IntNode, Meta, VarintNode } from './nodes.ts';
import { intReader, readVarint, unzigzag } from './numbers.ts';
import { NO_CHILDREN } from './reader.ts';

export function intStep(
  node: Pick<IntNode, 'size' | 'signed' | 'endian'> & Partial<IntNode>,
  meta: Meta,
  kind: 'int' | 'enum' | 'checksum',
): Step {
  const read = intReader(node);
  const { size } = node;
  const derived = node.derive?.ref;
  return (reader, name) => {
    const start = reader.at;
    const end = start + size;
    if (end > reader.end) return cut(reader, name, size);
    const value = read(reader.bytes, start);
    reader.at = end;
    if (reader.out !== null) pushLeaf(reader.out, name, kind, start, end, value, meta, derived);
    return value;
  };
}

export function varintStep(node: VarintNode, meta: Meta, kind: 'varint' | 'enum'): Step {
  const derived = node.derive?.ref;
  return (reader, name) => {
    const start = reader.at;
    const read = readVarint(reader.bytes, start, reader.end);
    if (read === null) {
      if (reader.end - start < 10) return cut(reader, name, reader.end - start + 1);
      reader.fail('varint', `${reader.path(name) || 'The message'} is longer than ten bytes.`, name);
      return ABSENT;
    }
    const end = start + read.size;
    if (read.overlong) {
      reader.say('note', 'malformed', 'overlong', 'Not the shortest form.', name, start, end);
    }
    const value = node.zigzag ? unzigzag(read.value) : read.value;
    reader.at = end;
    if (reader.out !== null) pushLeaf(reader.out, name, kind, start, end, value, meta, derived);
    return value;
  };
}

export function floatStep(size: 4 | 8, little: boolean, meta: Meta): Step {
  return (reader, name) => {
    const start = reader.at;
    const end = start + size;
    if (end > reader.end) return cut(reader, name, size);
    const { bytes } = reader;
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, size);
    const value = size === 4 ? view.getFloat32(0, little) : view.getFloat64(0, little);
    reader.at = end;
    if (reader.out !== null) pushLeaf(reader.out, name, 'float', start, end, value, meta);
    return value;
  };
}

export function flagsStep(of: IntNode, masks: Readonly<Record<string, string>>, meta: Meta): Step {
  const read = intReader(of);
  const { size } = of;
  const width = size * 8;
  const bits = Object.entries(masks).map(([text, name]) => {
    const value = Number(text);
    const low = Math.log2(value & -value);
    const high = Math.floor(Math.log2(value));
    return { name, value, offset: width - 1 - high, width: high - low + 1 };
  });
  return (reader, name) => {
    const start = reader.at;
    const end = start + size;
    if (end > reader.end) return cut(reader, name, size);
    const value = Number(read(reader.bytes, start));
    reader.at = end;
    if (reader.out !== null) {
      const children = bits.map(
        (bit): FieldNode => ({
          name: bit.name,
          kind: 'bits',
          start,
          end,
          bits: { offset: bit.offset, width: bit.width },
          value: (value & bit.value) !== 0,
          meta: EMPTY,
          children: NO_CHILDREN,
        }),
      );
      reader.out.push({ name: String(name), kind: 'flags', start, end, value, meta, children });
    }
    return value;
  };
}

export function bitsStep(node: BitsNode): Step {
  const read = intReader({ size: node.size, signed: false, endian: node.endian });
  const { size, parts, meta } = node;
  return (reader, name) => {
    const start = reader.at;
    const end = start + size;
    if (end > reader.end) return cut(reader, name, size);
    const all = Number(read(reader.bytes, start));
    reader.at = end;
    const value: Record<string, number> = {};
    const children: FieldNode[] | null = reader.out === null ? null : [];
    let offset = 0;
    for (const part of parts) {
      const shift = size * 8 - offset - part.width;
      // Division instead of shifts: 32 bits of a JavaScript number are signed.
      const bits = Math.floor(all / 2 ** shift) % 2 ** part.width;
      value[part.name] = bits;
      children?.push({
        name: part.name,
        kind: 'bits',
        start,
        end,
        bits: { offset, width: part.width },
        value: bits,
        meta: part.meta,
        children: NO_CHILDREN,
      });
      offset += part.width;
    }
    if (children !== null) reader.out?.push({ name: String(name), kind: 'bits', start, end, value, meta, children });
    return value;
  };
}

// ---- lengths ---------------------------------------------------------------------------------------------------------
