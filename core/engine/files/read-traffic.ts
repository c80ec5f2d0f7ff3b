/**
 * Any file Interpose reads → frames in a sink: pcap, pcapng, session, HAR, mitmproxy flows, JSON lines of frames, stream log.
 * What it is, its content tells; a cut or damaged file gives what is readable and says where it stopped.
 */
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { CaptureReader } from '../../capture/capture-reader.ts';
import { CaptureTraffic } from '../../capture/capture-traffic.ts';
import { FrameLineReader, isFrameLines } from '../../capture/frame-lines.ts';
import { isHar, readHar } from '../../capture/har.ts';
import { isMitmproxyFlows, readMitmproxyFlows } from '../../capture/mitmproxy-flows.ts';
import type { CaptureNotes } from '../../capture/packet.ts';
import { isStreamLog, readStreamLog } from '../../capture/stream-log.ts';
import { type Choose, StreamPair } from '../../capture/stream-pair.ts';
import type { Link, Protocol, Transport } from '../../protocol/protocol.ts';
import { FLAG } from '../../session/frame-index.ts';
import { openSession } from '../../session/session-reader.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import type { TrafficSink } from '../../traffic/sink.ts';
import { FileBytes, readStart } from './file-bytes.ts';

/** Which protocols there are, and how one is chosen for a connection. */
export interface TrafficChoice {
  readonly protocols: readonly Protocol[];
  /** Asked for, whatever the traffic looks like. */
  readonly forced: Protocol | undefined;
  readonly choose: Choose;
  /** The protocol asked for on this link, if one is. */
  given(link: Link): Protocol | undefined;
  readonly serverPorts: ReadonlyMap<number, Transport>;
}

export interface ReadResult {
  /** Sentences about what could not be read. */
  readonly problems: readonly string[];
  /** Wall clock of the first packet or of the session's start, seconds. */
  readonly began: number;
  /** Of captures: comments, decryption secrets, the session an export was made from. */
  readonly notes?: CaptureNotes;
}

export interface ReadHow {
  /** Called between chunks, to let output drain. */
  readonly afterChunk?: () => Promise<void>;
  /** Also what is below the frames: the headers that carried them, and the carrier's commands without one. */
  readonly keepCarrier?: boolean;
  /** Of long files. */
  readonly progress?: (done: number, size: number) => void;
  /** Wall clock of the beginning, as soon as it is known and before the first frame. */
  readonly begin?: (began: number, title?: string) => void;
}

const FORMATS = 'pcap, pcapng, .ipsession, HAR, mitmproxy flows, JSON lines and stream logs';

/** @throws EngineError `unreadable-file` when nothing of the file can be read */
export async function readTraffic(
  path: string,
  choice: TrafficChoice,
  sink: TrafficSink,
  how: ReadHow = {},
): Promise<ReadResult> {
  const file = new FileBytes(path);
  if (isSessionFile(path)) return readSession(path, choice, sink, how);
  const result = await readAny(file, choice, sink, how);
  return file.problem === undefined ? result : { ...result, problems: [...result.problems, file.problem] };
}

async function readAny(file: FileBytes, choice: TrafficChoice, sink: TrafficSink, how: ReadHow): Promise<ReadResult> {
  const head = await file.head();
  if (isSession(head)) throw new EngineError('unreadable-file', `${file.path} is a packed session: unpack it first`);
  const text = new TextDecoder().decode(head);
  if (isStreamLog(text)) return readLog(file, choice, sink);
  if (isFrameLines(text)) return readLines(file, sink, how);
  if (isHar(text)) return readHar(new TextDecoder().decode(await file.whole()), sink);
  if (isMitmproxyFlows(head)) return readMitmproxyFlows(await file.whole(), sink, choice.choose);
  return readCapture(file, choice, sink, how);
}

/** True when the file is a session already. @throws EngineError `unreadable-file` */
export function isSessionFile(path: string): boolean {
  return isSession(readStart(path, 16));
}

function isSession(head: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(head.subarray(0, 15)) === 'SQLite format 3';
}

async function readCapture(
  file: FileBytes,
  choice: TrafficChoice,
  sink: TrafficSink,
  { afterChunk, progress, begin, keepCarrier }: ReadHow,
): Promise<ReadResult> {
  const reader = new CaptureReader();
  const traffic = captureTraffic(choice, sink, keepCarrier);
  let began = 0;
  let read = 0;
  for await (const chunk of file.chunks()) {
    const packets = reader.push(chunk);
    if (began === 0 && packets.length > 0) {
      began = reader.notes.session?.began ?? packets[0]!.time;
      traffic.begin(began);
      begin?.(began, reader.notes.session?.title);
    }
    for (const packet of packets) traffic.push(packet);
    read += packets.length;
    progress?.(file.done, file.size);
    await afterChunk?.();
  }
  reader.end();
  if (began === 0 && reader.notes.problems.length > 0)
    throw new EngineError(
      'unreadable-file',
      `${file.path}: ${file.problem ?? reader.notes.problems[0]}. Interpose reads ${FORMATS}`,
    );
  traffic.end();
  const why = traffic.layers.whyNothing(read);
  return {
    problems: why === undefined ? reader.notes.problems : [...reader.notes.problems, why],
    began,
    notes: reader.notes,
  };
}

export function captureTraffic(choice: TrafficChoice, sink: TrafficSink, keepCarrier = false): CaptureTraffic {
  return new CaptureTraffic({
    sink,
    keepCarrier,
    choose: choice.choose,
    known: (id, link) => choice.given(link) ?? choice.protocols.find((p) => p.id === id),
    serverPorts: choice.serverPorts,
  });
}

async function readLines(file: FileBytes, sink: TrafficSink, how: ReadHow): Promise<ReadResult> {
  const reader = new FrameLineReader(sink);
  const input = Readable.from(file.chunks(), { objectMode: false });
  let since = 0;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    reader.line(line);
    if (++since % 4096 !== 0) continue;
    how.progress?.(file.done, file.size);
    await how.afterChunk?.();
  }
  reader.end();
  if (reader.began === undefined)
    throw new EngineError('unreadable-file', `${file.path}: ${reader.problems[0] ?? 'there is no frame in it'}`);
  return { problems: reader.problems, began: reader.began };
}

async function readLog(file: FileBytes, choice: TrafficChoice, sink: TrafficSink): Promise<ReadResult> {
  const { reads, problems } = readStreamLog(new TextDecoder().decode(await file.whole()));
  const id = sink.nextConnectionId();
  const port = choice.forced?.ports[0]?.port ?? 0;
  sink.opened({
    id,
    transport: 'tcp',
    client: { address: '', port: 0 },
    server: { address: '', port },
    protocol: '',
    opened: 0,
    details: {},
  });
  const pair = new StreamPair(id, { transport: 'tcp', serverPort: port }, sink, choice.choose, 0);
  for (const read of reads) pair.push(read.toServer ? 'toServer' : 'toClient', read.bytes, read.ms / 1000);
  const end = (reads.at(-1)?.ms ?? 0) / 1000;
  pair.end('toServer', end);
  pair.end('toClient', end);
  sink.closed(id, end, 'log ended');
  if (reads.length === 0)
    throw new EngineError(
      'unreadable-file',
      `${file.path}: no line of this stream log can be read: ${problems[0] ?? 'it is empty'}`,
    );
  return { problems, began: 0 };
}

async function readSession(
  path: string,
  choice: TrafficChoice,
  sink: TrafficSink,
  { afterChunk, progress, keepCarrier = false }: ReadHow,
): Promise<ReadResult> {
  const session = openSession(path, choice.protocols);
  try {
    const connections = session.connections();
    for (const connection of connections) {
      sink.nextConnectionId();
      sink.opened(connection);
    }
    let since = 0;
    const commands = keepCarrier && sink.commands !== undefined ? session.commands() : undefined;
    let next = commands?.next();
    const tellCommands = (before: number): void => {
      for (; next !== undefined && next.done !== true && next.value.after < before; next = commands?.next())
        sink.commands?.(next.value);
    };
    for (const frame of session.each()) {
      tellCommands(frame.n);
      const n = sink.frame(frame);
      const flags = session.index.flags(frame.n);
      if (flags & FLAG.outcome) {
        const { waitedMs } = session.outcome(frame.n);
        if (waitedMs > 0) sink.update(n, { heldMs: waitedMs });
      }
      if (flags & (FLAG.marked | FLAG.commented)) {
        const { mark, comment } = session.mark(frame.n);
        sink.markInOrder?.(n, mark, comment);
      }
      if (++since % 4096 !== 0) continue;
      progress?.(since, session.frames);
      await afterChunk?.();
    }
    tellCommands(Number.POSITIVE_INFINITY);
    return { problems: [], began: session.meta.began };
  } finally {
    session.close();
  }
}
