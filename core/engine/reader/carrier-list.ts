/** What carriers said that brought no frame, for who asks: acknowledgements, pings, repeats and the like. */
import { type EnetCommandValue, enetValues, enetView } from '../../capture/below/enet.ts';
import type { BufferView, CarrierList, CarrierRow } from '../../contract/frames.ts';
import type { Verbs } from '../../contract/verbs.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import type { StoredCommands } from '../../session/stored-commands.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import { treeOf } from './field-view.ts';
import type { Job } from './job.ts';
import { hexOf } from './value-text.ts';

const LIMIT = 500;
/** Rows looked at between two breaths. */
const STRIDE = 2000;
/** Commands of one datagram that are told; the rest shows when it is looked into. */
const MOST_COMMANDS = 64;

export function* carrierList(reader: SessionReader, asked: Verbs['carrier.list']['args']): Job<CarrierList> {
  const { conn, command, behind = 0, since = 0, limit = LIMIT } = asked;
  const rows: CarrierRow[] = [];
  let looked = 0;
  for (const row of reader.commands({ behind, since, conn })) {
    if (++looked % STRIDE === 0) yield;
    const values = enetValues(row.headers);
    if (values.length === 0 || (command !== undefined && !values.some((one) => one.command === command))) continue;
    if (rows.length === limit) return { rows, more: true };
    rows.push(rowOf(reader, row, values));
  }
  return { rows, more: false };
}

/** @throws EngineError `not-found` */
export function carrierView(reader: SessionReader, id: number): BufferView {
  const headers = reader.commandHeaders(id);
  const view = headers === undefined ? undefined : enetView(headers, undefined);
  if (view === undefined) throw new EngineError('not-found', `There is no carrier row ${id}.`);
  return {
    title: view.title,
    hex: hexOf(view.bytes),
    root: treeOf(view.root, { revealSecrets: true, expert: [] }),
  };
}

function rowOf(
  reader: SessionReader,
  { id, conn, direction, time, after }: StoredCommands,
  values: readonly EnetCommandValue[],
): CarrierRow {
  return {
    id,
    conn,
    direction,
    time,
    at: time - reader.began,
    after,
    size: values[0]!.datagram.size,
    commands: values.slice(0, MOST_COMMANDS).map((value) => ({
      name: value.command,
      channel: value.channel,
      text: textOf(value),
    })),
  };
}

function textOf(value: EnetCommandValue): string {
  const of = (name: string): number => Number(value[name] ?? 0);
  switch (value.command) {
    case 'acknowledge':
      return `${of('receivedSequence')}`;
    case 'connect':
    case 'verifyConnect':
      return `${of('channelCount')} ${of('channelCount') === 1 ? 'channel' : 'channels'}, MTU ${of('mtu')}`;
    case 'disconnect':
      return `data ${of('data')}`;
    case 'bandwidthLimit':
      return `in ${limitText(of('incomingBandwidth'))}, out ${limitText(of('outgoingBandwidth'))}`;
    case 'throttleConfigure':
      return `every ${of('throttleInterval')} ms, +${of('throttleAcceleration')} −${of('throttleDeceleration')}`;
    case 'sendFragment':
    case 'sendUnreliableFragment':
      return `${of('startSequence')}, part ${of('fragmentNumber') + 1} of ${of('fragmentCount')}, again`;
    case 'sendUnreliable':
      return `${value.reliableSequence}.${of('unreliableSequence')}, again or late`;
    case 'sendUnsequenced':
      return `group ${of('unsequencedGroup')}, again`;
    case 'sendReliable':
      return `${value.reliableSequence}, again`;
    case 'ping':
      return `${value.reliableSequence}`;
  }
}

function limitText(bytesPerSecond: number): string {
  return bytesPerSecond === 0 ? 'unlimited' : `${bytesPerSecond} bytes/s`;
}
