/** What loose bytes would be as numbers and text: the line below the bytes. Pure. */
import { grouped } from '../format/number.ts';
import { oneLine } from '../format/text.ts';

export interface DataRead {
  readonly as: string;
  readonly value: string;
}

export function dataReads(bytes: Uint8Array): readonly DataRead[] {
  const reads: DataRead[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const add = (as: string, value: string | number | bigint): void => {
    reads.push({ as, value: typeof value === 'string' ? value : grouped(value) });
  };
  switch (bytes.length) {
    case 1:
      add('u8', view.getUint8(0));
      if (view.getInt8(0) < 0) add('i8', view.getInt8(0));
      break;
    case 2:
      add('u16 be', view.getUint16(0));
      add('u16 le', view.getUint16(0, true));
      add('i16 be', view.getInt16(0));
      break;
    case 4:
      add('u32 be', view.getUint32(0));
      add('u32 le', view.getUint32(0, true));
      add('f32 be', float(view.getFloat32(0)));
      add('f32 le', float(view.getFloat32(0, true)));
      break;
    case 8:
      add('u64 be', view.getBigUint64(0));
      add('u64 le', view.getBigUint64(0, true));
      add('f64 be', float(view.getFloat64(0)));
      break;
    default:
  }
  if (bytes.length <= 4) add('bits', [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join(' '));
  const text = utf8(bytes);
  if (text !== undefined && bytes.length > 0) add('text', `“${oneLine(text.slice(0, 80))}”`);
  return reads;
}

function float(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e9 ? String(value) : value.toPrecision(6);
}

function utf8(bytes: Uint8Array): string | undefined {
  if (bytes.every((byte) => byte < 0x20)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
