/** One open session: its recorder and its reader, each in a thread, joined by a channel of their own. */
import { MessageChannel, Worker } from 'node:worker_threads';
import { Recorder, type RecorderReady } from '../session/recorder.ts';
import type { FromRecorder, Port, ProtocolSource, RecorderSetup, ToRecorder } from '../session/recorder-messages.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { FromReader, ReaderSetup, ToReader } from './reader/reader-messages.ts';
import { ReaderClient, type ReaderEvents } from './reader-client.ts';
import { endOf } from './thread-end.ts';

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
  const died = (what: string, error: Error): void => {
    if (isClosing) return;
    const failure = new EngineError('internal', `The ${what} stopped: ${error.message.replace(/\.?$/, '.')}`);
    recorder.abandon(failure);
    reader?.abandon(failure);
    options.died(failure);
    void stop();
  };
  let reader: ReaderClient | undefined;
  const recorderEnd = endOf(recorderThread, 'Its thread');
  void recorderEnd.then((error) => died('recorder', error));
  try {
    const ready = await orEnd(recorder.ready, recorderEnd);
    const readerSetup: ReaderSetup = { path, sources };
    const readerThread = start(files.reader, { setup: readerSetup, news: port2 } satisfies ReaderWorkerData, [port2]);
    threads.push(readerThread);
    const readerEnd = endOf(readerThread, 'Its thread');
    void readerEnd.then((error) => died('reader', error));
    reader = new ReaderClient(readerThread as unknown as Port<FromReader, ToReader>, options.events);
    // The reader has its first news from the recorder: it waits for both.
    await orEnd(reader.ready, Promise.race([recorderEnd, readerEnd]));
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

function orEnd<T>(promise: Promise<T>, end: Promise<Error>): Promise<T> {
  return Promise.race([
    promise,
    end.then((error) => {
      throw error;
    }),
  ]);
}
