/** Some ENet commands that brought no frame, read by the real readers. */
import { enetView } from '../../../core/capture/below/enet.ts';
import type { BufferView, CarrierRow } from '../../../core/contract/frames.ts';
import { packCommandHead, writeDatagram } from '../../../core/enet-node/wire.ts';
import { treeOf } from '../../../core/engine/reader/field-view.ts';

const DATAGRAM = writeDatagram({
  peerId: 3,
  sentTime: 20_232,
  commands: [{ name: 'acknowledge', channel: 0, values: { receivedSequence: 812, receivedSentTime: 20_131 } }],
});

export function sampleCarrierRows(): CarrierRow[] {
  return Array.from({ length: 40 }, (_, i) => ({
    id: i + 1,
    conn: 2,
    direction: i % 2 === 0 ? 'toServer' : 'toClient',
    time: 1_790_000_000 + i / 10,
    at: i / 10,
    after: i * 3,
    size: DATAGRAM.length,
    commands: [{ name: 'acknowledge', channel: 0, text: String(800 + i) }],
  }));
}

export function sampleCarrierView(): BufferView {
  const view = enetView(packCommandHead(DATAGRAM, DATAGRAM.length, 4, 4, false), undefined)!;
  const root = treeOf(view.root, { revealSecrets: true, expert: [] });
  return { title: view.title, hex: Buffer.from(view.bytes).toString('hex'), root };
}
