/** One frame in full for a row: the beings of the picture in true bytes, JSON text for everything else. */
import type { FieldView, FrameView } from '../../../core/contract/frames.ts';
import type { Row } from '../../../core/contract/rows.ts';

const BEINGS =
  '0280000800000500000903040004000430' +
  '05cc28000702044c042428001f03039002b003b002b228002003037002bc039002c02800210204700310280029030280020002a0021228002a0200600' +
  '4b028002b03051400300510004028002c00002d0301ff00ff02000120' +
  '28';

const CREATE = `0020000d${Buffer.from('Alice Liddell').toString('hex')}0304000100140014001400
0f000f000a`.replaceAll('\n', '');

function leaf(
  name: string,
  path: string,
  start: number,
  end: number,
  value: unknown,
  text: string,
  more: Partial<FieldView> = {},
): FieldView {
  return { name, path, kind: 'u16 be', start, end, value, text, children: [], ...more };
}

function beingsTree(bytes: Uint8Array): FieldView {
  const u16 = (at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  const beings: FieldView[] = [];
  let at = 2;
  while (at + 3 <= bytes.length) {
    const path = `beings[${beings.length}]`;
    const start = at;
    const id = u16(at);
    const flags = bytes[at + 2] ?? 0;
    const children = [
      leaf('beingId', `${path}.beingId`, at, at + 2, id, `${id} ${id === 9 ? 'Alice Liddell' : 'Tamer'}`),
      leaf('flags', `${path}.flags`, at + 2, at + 3, flags, flags === 3 ? '3 position, destination' : String(flags), {
        kind: 'flags u8',
        children: [],
      }),
    ];
    at += 3;
    for (const [bit, name] of [
      [1, 'position'],
      [2, 'destination'],
    ] as const) {
      if ((flags & bit) === 0 || at + 4 > bytes.length) continue;
      const inner = `${path}.${name}`;
      children.push({
        name,
        path: inner,
        kind: 'struct',
        start: at,
        end: at + 4,
        text: `${u16(at)}, ${u16(at + 2)} px`,
        children: [
          leaf('x', `${inner}.x`, at, at + 2, u16(at), `${u16(at)} px`, { unit: 'px' }),
          leaf('y', `${inner}.y`, at + 2, at + 4, u16(at + 2), `${u16(at + 2)} px`, {
            unit: 'px',
            doc: 'Where the being is heading. Present only when flags has destination (2).',
            ...(id === 9 && bit === 2 ? { expert: [0] } : {}),
          }),
        ],
      });
      at += 4;
    }
    if (flags !== 0 && at < bytes.length) {
      children.push(leaf('speed', `${path}.speed`, at, at + 1, bytes[at], `${bytes[at]} px/s ÷ 2.5`, { kind: 'u8' }));
      at += 1;
    }
    beings.push({
      name: `[${beings.length}]`,
      path,
      kind: 'struct',
      start,
      end: at,
      text: `being ${id} ${id === 9 ? 'Alice Liddell' : 'Tamer'} · ${flags === 0 ? 'stands' : 'moves'}`,
      children,
      ...(id === 9 ? { expert: [0] } : {}),
    });
  }
  const list: FieldView = {
    name: 'beings',
    path: 'beings',
    kind: 'list',
    start: 2,
    end: at,
    text: `${beings.length} { id, flags, … } until the end`,
    children: beings,
  };
  return {
    name: 'GPMSG_BEINGS_MOVE',
    path: '',
    kind: 'struct',
    start: 0,
    end: bytes.length,
    text: '',
    children: [list],
  };
}

function jsonTree(row: Row, text: string): FieldView {
  const bytes = new TextEncoder().encode(text);
  const value = JSON.parse(text) as Readonly<Record<string, unknown>>;
  let from = 0;
  const children = Object.entries(value).map(([name, each]): FieldView => {
    const part = JSON.stringify(each);
    const at = text.indexOf(`${JSON.stringify(name)}:${part}`, from) + JSON.stringify(name).length + 1;
    from = at;
    const start = new TextEncoder().encode(text.slice(0, at)).length;
    return {
      name,
      path: name,
      kind: typeof each,
      start,
      end: start + new TextEncoder().encode(part).length,
      value: each,
      text: typeof each === 'string' ? `“${each}”` : String(each),
      children: [],
      ...(name === 'token' ? { secret: true } : {}),
    };
  });
  return { name: row.message, path: '', kind: 'object', start: 0, end: bytes.length, text: '', children };
}

export function sampleFrame(row: Row, began: number): FrameView {
  const isBeings = row.message === 'GPMSG_BEINGS_MOVE';
  const json = JSON.stringify({ type: row.message, sn: row.n, text: row.summary, conn: row.conn, token: 'a81f…' });
  const isCreate = row.message === 'PAMSG_CHAR_CREATE';
  const hex = isBeings ? BEINGS : isCreate ? CREATE : Buffer.from(json).toString('hex');
  const root = isBeings ? beingsTree(Uint8Array.from(Buffer.from(hex, 'hex'))) : jsonTree(row, json);
  const fields = isBeings ? { beings: root.children[0]?.children.length } : JSON.parse(json);
  return {
    n: row.n,
    conn: row.conn,
    connection: {
      id: row.conn,
      proxy: row.protocol,
      transport: row.protocol === 'mana' ? 'enet' : 'ws',
      client: { address: '127.0.0.1', port: 50_000 + row.conn },
      server: { address: '127.0.0.1', port: 9604 },
      protocol: row.protocol,
      opened: began,
      details: {},
    },
    direction: row.direction,
    time: row.time,
    at: row.time - began,
    origin: row.origin,
    fate: row.fate,
    carrier:
      row.protocol === 'mana'
        ? { channel: 0, reliable: true, unsequenced: false }
        : { opcode: 'text', compressed: false, fragments: 1 },
    protocol: row.protocol,
    messages: [
      {
        name: row.message === '' ? null : row.message,
        ...(isBeings ? { id: 0x0280 } : {}),
        summary: row.summary,
        path: '',
        start: 0,
        end: hex.length / 2,
        fields,
      },
    ],
    buffers: [{ title: 'Payload', hex, root }],
    head: '',
    tail: '',
    expert:
      row.worst === undefined && !isBeings
        ? []
        : isBeings
          ? [
              {
                severity: 'warning',
                group: 'invariant',
                code: 'reach-in-step',
                path: 'beings[2].destination.y',
                range: [17, 19],
                text: 'Too far for its speed. 462 px in one step; speed 40 allows 96.',
              },
            ]
          : [
              {
                severity: row.worst ?? 'note',
                group: 'malformed',
                text: 'The key is not in quotes.',
                code: 'json-syntax',
                range: [1, 8],
              },
            ],
    ...(Number.isNaN(row.answerMs)
      ? {}
      : {
          partner: {
            n: Math.max(1, row.n - 118),
            message: 'PGMSG_WALK',
            ms: row.answerMs,
            isReply: false,
            p50Ms: 88,
            p95Ms: 104,
          },
        }),
    touchedBy: row.touchedBy,
    ...(row.marked ? { mark: 'mark' } : {}),
    ...(row.n > 300
      ? {
          previous: {
            n: row.n - 212,
            changes: isBeings
              ? [{ path: 'beings[2].destination.y', before: '1084', after: '1484' }]
              : [{ path: 'sn', before: String(row.n - 212), after: String(row.n) }],
          },
        }
      : {}),
    waitedMs: row.waitedMs,
    ...(row.protocol === 'mana'
      ? {
          packet: {
            title: 'ENet',
            hex: `80018fe9${hex.slice(0, 24)}`,
            root: {
              name: 'packet',
              path: '',
              kind: 'struct',
              start: 0,
              end: 16,
              text: '',
              children: [
                leaf('peer', 'peer', 0, 2, 0x8001, '0x8001'),
                leaf('sentTime', 'sentTime', 2, 4, 0x8fe9, '36841 ms'),
              ],
            },
          },
        }
      : {}),
    ...(row.fate === 'edited'
      ? { sent: { hex: `${hex.slice(0, -4)}7d7d`, root, changes: [{ path: 'text', before: 'hello', after: 'HELLO' }] } }
      : {}),
  };
}
