/** One open session: its recorder and its reader, each in a thread, joined by a channel of their own. */
import { MessageChannel, Worker } from 'node:worker_threads';
import { Recorder, type RecorderReady } from '../session/recorder.ts';
import type { FromRecorder, Port, ProtocolSource, RecorderSetup, ToRecorder } from '../session/recorder-messages.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { FromReader, ReaderSetup, ToReader } from './reader/reader-messages.ts';
import { ReaderClient, type ReaderEvents } from './reader-client.ts';

/** Entry files of the two threads; they bring the protocols. */
export interface WorkerFiles {
  readonly recorder: URL;
  readonly reader: URL;
}

/** `workerData` of both entries: `news` joins them. */
export interface RecorderWorkerData {
  readonly setup: RecorderSetup;
  readonly news: MessagePort_;
}
export interface ReaderWorkerData {
  readonly setup: ReaderSetup;
  readonly news: MessagePort_;
}
type MessagePort_ = MessageChannel['port1'];

export interface SessionOptions {
  readonly files: WorkerFiles;
  readonly path: string;
  /** True: a new file to record into. */
  readonly create: boolean;
  readonly meta: Readonly<Record<string, string>>;
  readonly sources: readonly ProtocolSource[];
  readonly now: () => number;
  readonly events: ReaderEvents;
  /** A thread died; the session can no longer be used. */
  readonly died: (error: Error) => void;
}

export interface OpenSession {
  readonly path: string;
  readonly ready: RecorderReady;
  readonly recorder: Recorder;
  readonly reader: ReaderClient;
  close(): Promise<void>;
}

/** @throws EngineError what opening or creating the file throws */
export async function openSessionThreads(options: SessionOptions): Promise<OpenSession> {
  const { files, path, create, meta, sources, now } = options;
  const { port1, port2 } = new MessageChannel();
  const posted = new SharedArrayBuffer(4);
  const setup: RecorderSetup = { path, create, meta, sources, posted };
  const recorderThread = start(files.recorder, { setup, news: port1 } satisfies RecorderWorkerData, [port1]);
  const recorder = new Recorder(
    { port: recorderThread as unknown as Port<FromRecorder, ToRecorder>, posted, now },
    { record: create },
  );
  let isClosing = false;
  const threads = [recorderThread];
  const stop = async (): Promise<void> => {
    isClosing = true;
    await Promise.all(threads.map((thread) => thread.terminate()));
  };
  const died = (what: string, error: unknown): void => {
    if (isClosing) return;
    const failure = new EngineError(
      'internal',
      `The ${what} stopped: ${error instanceof Error ? error.message : String(error)}.`,
    );
    recorder.abandon(failure);
    reader?.abandon(failure);
    options.died(failure);
    void stop();
  };
  let reader: ReaderClient | undefined;
  watch(recorderThread, (error) => died('recorder', error));
  try {
    const ready = await orDeath(recorder.ready, recorderThread);
    const readerSetup: ReaderSetup = { path, sources };
    const readerThread = start(files.reader, { setup: readerSetup, news: port2 } satisfies ReaderWorkerData, [port2]);
    threads.push(readerThread);
    watch(readerThread, (error) => died('reader', error));
    reader = new ReaderClient(readerThread as unknown as Port<FromReader, ToReader>, options.events);
    await orDeath(reader.ready, readerThread);
    const opened = reader;
    return {
      path,
      ready,
      recorder,
      reader: opened,
      async close() {
        if (isClosing) return;
        isClosing = true;
        // The reader first: the recorder then leaves one whole file behind.
        await opened.close();
        await recorder.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function start(file: URL, data: RecorderWorkerData | ReaderWorkerData, transfer: MessagePort_[]): Worker {
  return new Worker(file, {
    workerData: data,
    transferList: transfer,
    stdout: false,
    stderr: false,
    // Rows and payloads live briefly: a small nursery is swept often and keeps the process small.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
}

function watch(thread: Worker, died: (error: unknown) => void): void {
  thread.once('error', died);
  thread.once('exit', (code) => died(`exit code ${code}`));
}

function orDeath<T>(promise: Promise<T>, thread: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    promise.then(resolve, reject);
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new EngineError('internal', `The session's thread ended with code ${code}.`)));
  });
}
