/** ENet commands as values and as a tree, read from their packed heads. */
import { type CommandHead, type CommandName, readCommandHeads } from '../../enet-node/wire.ts';
import { toHex } from '../../schema/characters.ts';
import type { FieldNode, Meta } from '../../schema/nodes.ts';
import { type BelowView, bits, group, number, Page, SHOWN_PAYLOAD } from './page.ts';

/** One command as JSON takes it. */
export interface EnetCommandValue extends Readonly<Record<string, unknown>> {
  readonly command: CommandName;
  readonly channel: number;
  readonly reliableSequence: number;
  readonly datagram: { readonly size: number } & Readonly<Record<string, unknown>>;
}

/** Packed ENet commands as values. */
export function enetValues(headers: Uint8Array): EnetCommandValue[] {
  return readCommandHeads(headers).map(({ datagram, ...head }) => {
    const { name: command, channel, reliableSequence, acknowledge, unsequenced, values, position, start, end } = head;
    const { size, peerId, sessionId, compressed, sentTime, checksum } = datagram;
    return {
      command,
      channel,
      reliableSequence,
      ...values,
      acknowledge,
      unsequenced,
      bytes: toHex(headers.subarray(start, end)),
      position,
      datagram: {
        size,
        peerId,
        sessionId,
        compressed,
        ...(sentTime === undefined ? {} : { sentTime }),
        ...(checksum === undefined ? {} : { checksum }),
        bytes: toHex(headers.subarray(datagram.start, datagram.end)),
      },
    };
  });
}

/** @param payload of the packet the commands carried; undefined: none */
export function enetView(headers: Uint8Array, payload: Uint8Array | undefined): BelowView | undefined {
  const heads = readCommandHeads(headers);
  if (heads.length === 0) return undefined;
  const page = new Page();
  const isShown = payload !== undefined && payload.length <= SHOWN_PAYLOAD;
  const groups: FieldNode[] = [];
  for (const head of heads) {
    const { datagram, start, end, payloadLength } = head;
    if (head.beginsDatagram) {
      const at = page.add(headers.subarray(datagram.start, datagram.end));
      groups.push(group('datagram', at, page.length, headerFields(head, at - datagram.start), DATAGRAM));
    }
    const at = page.add(headers.subarray(start, end));
    const children = commandFields(head, at - start);
    const from = head.values['fragmentOffset'] ?? 0;
    if (isShown && payloadLength > 0 && from + payloadLength <= payload.length) {
      children.push(page.payload(payload.subarray(from, from + payloadLength)));
    }
    groups.push(group(head.name, at, page.length, children, { doc: COMMAND_DOCS[head.name] }));
  }
  return page.view('ENet', groups);
}

/** @param moved how far the view's bytes are from those the head was read from */
function headerFields({ datagram, position }: CommandHead, moved: number): FieldNode[] {
  const { start, end, sentTime, checksum, compressed, sessionId, peerId, size } = datagram;
  const at = start + moved;
  const fields = [
    number('size', size, at, at, META['size']),
    number('position', position, at, at, META['position']),
    bits('hasSentTime', at, sentTime !== undefined, 0, 1, META['hasSentTime']),
    bits('compressed', at, compressed, 1, 1, META['compressed']),
    bits('sessionId', at, sessionId, 2, 2, META['sessionId']),
    { ...number('peerId', peerId, at, at + 2, META['peerId']), bits: { offset: 4, width: 12 } },
  ];
  if (sentTime !== undefined) fields.push(number('sentTime', sentTime, at + 2, at + 4, META['sentTime']));
  const last = end + moved;
  if (checksum !== undefined) fields.push(number('checksum', checksum, last - 4, last, META['checksum']));
  return fields;
}

function commandFields({ fields, name, acknowledge, unsequenced, start }: CommandHead, moved: number): FieldNode[] {
  const at = start + moved;
  const [first, ...rest] = fields;
  const code = (first?.value ?? 0) & 15;
  return [
    bits('acknowledge', at, acknowledge, 0, 1, META['acknowledge']),
    bits('unsequenced', at, unsequenced, 1, 1, META['unsequenced']),
    bits('command', at, code, 4, 4, { names: { [code]: name } }),
    ...rest.map((field) => number(field.name, field.value, field.start + moved, field.end + moved, META[field.name])),
  ];
}

const DATAGRAM: Meta = { doc: 'The UDP datagram the command came in.' };

const META: Readonly<Record<string, Meta>> = {
  peerId: { doc: "The receiver's number for the connection.", names: { 4095: 'none' } },
  sessionId: { doc: 'Tells a connection from an earlier one with the same number.' },
  compressed: { doc: 'All after the header is compressed; shown is what it holds.' },
  hasSentTime: { doc: 'The sender wants something in this datagram acknowledged.' },
  sentTime: { doc: "Low 16 bits of the sender's clock.", unit: 'ms' },
  checksum: { doc: 'CRC-32 over the datagram and the connect id.', display: 'hex' },
  size: { doc: 'Bytes of the datagram on the wire.', unit: 'bytes' },
  position: { doc: 'Where the command began in the datagram.' },
  acknowledge: { doc: 'The receiver must acknowledge it; else it is sent again.' },
  unsequenced: { doc: 'Belongs to no order.' },
  channel: { names: { 255: 'none' }, doc: '255: about the connection itself.' },
  reliableSequence: {
    doc: 'Of a reliable command its own number in the channel; else that of the reliable one before it.',
  },
  unreliableSequence: { doc: 'Counts the unreliable packets since that reliable one.' },
  unsequencedGroup: { doc: 'Tells unsequenced packets apart, so that each is taken once.' },
  dataLength: { doc: 'Bytes of payload in this command.', unit: 'bytes' },
  startSequence: { doc: 'Number of the first fragment: the same in all fragments of a packet.' },
  fragmentCount: { doc: 'Fragments of the packet.' },
  fragmentNumber: { doc: 'Which of them this is, from 0.' },
  totalLength: { doc: 'Bytes of the whole packet.', unit: 'bytes' },
  fragmentOffset: { doc: 'Where this fragment belongs in the packet.', unit: 'bytes' },
  receivedSequence: { doc: 'The reliable sequence number that arrived.' },
  receivedSentTime: { doc: 'The send time it came with, given back: the round-trip time.', unit: 'ms' },
  connectId: { doc: 'Drawn by the client; seeds the checksums.', display: 'hex' },
  throttleInterval: { unit: 'ms' },
  incomingBandwidth: { unit: 'bytes/s', names: { 0: 'unlimited' } },
  outgoingBandwidth: { unit: 'bytes/s', names: { 0: 'unlimited' } },
};

const COMMAND_DOCS: Readonly<Record<CommandName, string>> = {
  acknowledge: 'A reliable command arrived.',
  connect: 'Asks for a connection.',
  verifyConnect: 'Grants it.',
  disconnect: 'Ends the connection.',
  ping: 'Asks for a sign of life.',
  sendReliable: 'A whole packet, sent again until it is acknowledged.',
  sendUnreliable: 'A whole packet, sent once and in order.',
  sendFragment: 'A part of a reliable packet.',
  sendUnsequenced: 'A whole packet, sent once and in no order.',
  bandwidthLimit: 'How much the sender may get and give.',
  throttleConfigure: 'How fast unreliable packets follow the round-trip time.',
  sendUnreliableFragment: 'A part of an unreliable packet.',
};
