/** Any file Interpose reads → frames in a sink: pcap, pcapng, session, HAR, stream log. What it is, its content tells. */
import { createReadStream, openSync, readSync, closeSync, readFileSync, statSync } from 'node:fs';
import { CaptureReader } from '../../core/capture/capture-reader.ts';
import { CaptureTraffic } from '../../core/capture/capture-traffic.ts';
import { StreamPair } from '../../core/capture/stream-pair.ts';
import { isStreamLog, readStreamLog } from '../../core/capture/stream-log.ts';
import { isHar, readHar } from '../../core/capture/har.ts';
import { openSession } from '../../core/session/session-reader.ts';
import type { TrafficSink } from '../../core/traffic/sink.ts';
import { UsageError } from './command.ts';
import { progress } from './output.ts';
import type { ProtocolChoice } from './protocol-options.ts';

export interface ReadResult {
  /** Sentences about what could not be read. */
  readonly problems: readonly string[];
  /** Wall clock of the first packet or of the session's start, seconds. */
  readonly began: number;
}

const HEAD_BYTES = 64 * 1024;
/** Files that are read whole (HAR, stream logs) are refused above this. */
const MAX_TEXT_BYTES = 512 * 1024 * 1024;

/** @param afterChunk called between chunks, to let output drain */
export async function readTraffic(
  path: string,
  choice: ProtocolChoice,
  sink: TrafficSink,
  afterChunk: () => Promise<void> = async () => undefined,
): Promise<ReadResult> {
  const head = readHead(path);
  if (new TextDecoder('latin1').decode(head.subarray(0, 15)) === 'SQLite format 3')
    return readSession(path, choice, sink, afterChunk);
  const text = new TextDecoder().decode(head);
  if (isStreamLog(text)) return readLog(path, choice, sink);
  if (/^\s*\{/.test(text) && isHar(text)) {
    const { problems, began } = readHar(readText(path), sink);
    return { problems, began };
  }
  return readCapture(path, choice, sink, afterChunk);
}

async function readCapture(
  path: string,
  choice: ProtocolChoice,
  sink: TrafficSink,
  afterChunk: () => Promise<void>,
): Promise<ReadResult> {
  const reader = new CaptureReader();
  const traffic = new CaptureTraffic({ sink, choose: choice.choose, serverPorts: choice.serverPorts });
  const size = statSync(path).size;
  let began = 0;
  let read = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const bytes = chunk as Uint8Array;
    for (const packet of reader.push(bytes)) {
      if (began === 0) began = packet.time;
      traffic.push(packet);
    }
    read += bytes.length;
    if (size > 16 << 20) progress(`${Math.round((100 * read) / size)} % of ${path}`);
    await afterChunk();
  }
  progress('');
  reader.end();
  if (began === 0 && reader.notes.problems.length > 0)
    throw new UsageError(
      `${path}: ${reader.notes.problems[0]}. Interpose reads pcap, pcapng, .ipsession, HAR and stream logs`,
    );
  traffic.end();
  return { problems: reader.notes.problems, began };
}

function readLog(path: string, choice: ProtocolChoice, sink: TrafficSink): ReadResult {
  const { reads, problems } = readStreamLog(readText(path));
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
    throw new UsageError(`${path}: no line of this stream log can be read: ${problems[0] ?? 'it is empty'}`);
  return { problems, began: 0 };
}

async function readSession(
  path: string,
  choice: ProtocolChoice,
  sink: TrafficSink,
  afterChunk: () => Promise<void>,
): Promise<ReadResult> {
  const session = openSession(path, choice.protocols);
  try {
    for (const connection of session.connections()) {
      sink.nextConnectionId();
      sink.opened(connection);
    }
    let since = 0;
    for (const frame of session.each()) {
      sink.frame(frame);
      if (++since % 4096 === 0) await afterChunk();
    }
    return { problems: [], began: session.meta.began };
  } finally {
    session.close();
  }
}

function readHead(path: string): Uint8Array {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(code === 'ENOENT' ? `there is no file ${path}` : `cannot read ${path} (${code})`);
  }
  try {
    const head = new Uint8Array(HEAD_BYTES);
    return head.subarray(0, readSync(file, head, 0, HEAD_BYTES, 0));
  } catch (error) {
    throw new UsageError(`cannot read ${path} (${(error as NodeJS.ErrnoException).code})`);
  } finally {
    closeSync(file);
  }
}

function readText(path: string): string {
  if (statSync(path).size > MAX_TEXT_BYTES)
    throw new UsageError(`${path} is larger than ${MAX_TEXT_BYTES >> 20} MiB, too large for this format`);
  return readFileSync(path, 'utf8');
}
