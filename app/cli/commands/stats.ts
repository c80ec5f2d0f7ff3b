import { enetFigures } from '../../../core/traffic/enet-figures.ts';
import type { Invocation } from '../command.ts';
import { forEachFrame } from '../decoded-file.ts';
import { print } from '../output.ts';
import { bytes, table, plural } from '../table.ts';

interface MessageTotal {
  readonly protocol: string;
  readonly message: string;
  readonly dir: 'c2s' | 's2c';
  frames: number;
  bytes: number;
  /** Answer times, ms, when it answers a request. */
  readonly answerMs: number[];
}

/** Totals per message with answer times, connections, expert infos. */
export async function stats(invocation: Invocation): Promise<number> {
  const totals = new Map<string, MessageTotal>();
  const remarks = new Map<string, { severity: string; text: string; count: number; first: number }>();
  const perConnection = new Map<number, { frames: number; bytes: number; understood: number }>();
  let last = 0;
  let frames = 0;
  const { decoder } = await forEachFrame(
    invocation.operands[0]!,
    invocation,
    ({ frame, protocol, meaning, expert }, at) => {
      last = Math.max(last, at);
      frames++;
      const connection = perConnection.get(frame.conn) ?? { frames: 0, bytes: 0, understood: 0 };
      perConnection.set(frame.conn, connection);
      connection.frames++;
      connection.bytes += frame.bytes.length;
      const dir = frame.direction === 'toServer' ? 'c2s' : 's2c';
      const messages = meaning.messages.length > 0 ? meaning.messages : [{ name: null }];
      if (messages[0]?.name !== null) connection.understood++;
      for (const [i, { name }] of messages.entries()) {
        const message =
          name ?? ('opcode' in frame.carrier && protocol === undefined ? frame.carrier.opcode : '(not understood)');
        const key = `${protocol?.id ?? ''}/${dir}/${message}`;
        const total = totals.get(key) ?? {
          protocol: protocol?.id ?? '',
          message,
          dir,
          frames: 0,
          bytes: 0,
          answerMs: [],
        };
        totals.set(key, total);
        total.frames++;
        if (i === 0) total.bytes += frame.bytes.length;
        if (i === 0 && meaning.answered !== undefined) total.answerMs.push(meaning.answered.micros / 1000);
      }
      for (const info of expert) {
        const key = `${info.severity}/${info.code ?? info.text}`;
        const known = remarks.get(key) ?? { severity: info.severity, text: info.text, count: 0, first: frame.n };
        remarks.set(key, known);
        known.count++;
      }
    },
  );
  const rows = [...totals.values()].sort((a, b) => b.frames - a.frames);
  const messages = rows.map(({ answerMs, ...total }) => {
    const sorted = answerMs.toSorted((a, b) => a - b);
    return {
      ...total,
      ...(sorted.length === 0
        ? {}
        : {
            answers: sorted.length,
            p50Ms: percentile(sorted, 0.5),
            p95Ms: percentile(sorted, 0.95),
            maxMs: sorted.at(-1)!,
          }),
    };
  });
  const connections = [...decoder.connections.values()].flatMap((c) => {
    const seen = perConnection.get(c.id);
    return seen === undefined
      ? []
      : [
          {
            conn: c.id,
            transport: c.transport,
            client: `${c.client.address}:${c.client.port}`,
            server: `${c.server.address}:${c.server.port}`,
            ...seen,
            ending: c.ending ?? '',
          },
        ];
  });
  const enet = [...decoder.connections.values()].flatMap((c) =>
    enetFigures(c).map((figures) => ({ conn: c.id, ...figures })),
  );
  const expert = [...remarks.values()].sort((a, b) => b.count - a.count);
  if (invocation.flag('json')) {
    print(JSON.stringify({ frames, seconds: last, messages, connections, enet, expert }, null, 2));
    return 0;
  }
  const ms = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(value < 10 ? 2 : 1));
  print(`${plural(frames, 'frame')} in ${last.toFixed(1)} s on ${plural(connections.length, 'connection')}\n`);
  print(
    table(
      [
        { title: 'protocol' },
        { title: 'dir' },
        { title: 'message' },
        { title: 'frames', right: true },
        { title: 'bytes', right: true },
        { title: '/s', right: true },
        { title: 'answers', right: true },
        { title: 'p50 ms', right: true },
        { title: 'p95 ms', right: true },
        { title: 'max ms', right: true },
      ],
      messages.map((m) => [
        m.protocol,
        m.dir,
        m.message,
        m.frames,
        bytes(m.bytes),
        last > 0 ? (m.frames / last).toFixed(1) : '',
        m.answers ?? '',
        ms(m.p50Ms),
        ms(m.p95Ms),
        ms(m.maxMs),
      ]),
    ),
  );
  print('');
  print(
    table(
      [
        { title: 'conn', right: true },
        { title: 'carrier' },
        { title: 'client' },
        { title: 'server' },
        { title: 'frames', right: true },
        { title: 'bytes', right: true },
        { title: 'understood', right: true },
        { title: 'ended' },
      ],
      connections.map((c) => [
        c.conn,
        c.transport,
        c.client,
        c.server,
        c.frames,
        bytes(c.bytes),
        `${Math.round((100 * c.understood) / c.frames)} %`,
        c.ending,
      ]),
    ),
  );
  if (enet.length > 0) {
    print('');
    print(
      table(
        [
          { title: 'conn', right: true },
          { title: 'ENet side' },
          { title: 'round trip ms', right: true },
          { title: '±', right: true },
          { title: 'resent', right: true },
          { title: 'late', right: true },
          { title: 'lost', right: true },
          { title: 'by channel' },
        ],
        enet.map((e) => [
          e.conn,
          e.side,
          ms(e.rttMs),
          ms(e.rttVarianceMs),
          e.resent,
          e.late ?? '',
          e.lossShare === undefined ? (e.missing ?? '') : `${(100 * e.lossShare).toFixed(1)} %`,
          e.channels.map((c) => `${c.channel}: ${c.packets}${c.resent === 0 ? '' : ` (${c.resent} again)`}`).join(', '),
        ]),
      ),
    );
    for (const { conn, side, blame } of enet)
      for (const { channel, sequence, waitedMs, frames } of blame)
        print(
          `connection ${conn}, from the ${side}: ${frames.length} ${frames.length === 1 ? 'message' : 'messages'} waited up to ${ms(waitedMs)} ms behind number ${sequence} of channel ${channel}: ${frames.map((n) => `#${n}`).join(' ')}`,
        );
  }
  if (expert.length > 0) {
    print('');
    print(
      table(
        [
          { title: 'severity' },
          { title: 'count', right: true },
          { title: 'first', right: true },
          { title: 'expert info' },
        ],
        expert.map((e) => [e.severity, e.count, `#${e.first}`, e.text]),
      ),
    );
  }
  return 0;
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;
}
