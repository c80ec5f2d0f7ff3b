/**
 * The reader thread: keeps the views up to date while the recorder announces new frames, answers everything that only reads.
 * Requests that take long run in slices, so that a window of rows never waits for a statistic.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { encodeRowBatch } from '../../contract/row-batch.ts';
import type { ViewSpec } from '../../contract/rows.ts';
import type { Verbs } from '../../contract/verbs.ts';
import type { Protocol } from '../../protocol/protocol.ts';
import { messageOf, openDatabase } from '../../session/session-database.ts';
import type { Port, ProtocolSource, ReaderNews } from '../../session/recorder-messages.ts';
import { SessionReader } from '../../session/session-reader.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import type { Vocabulary } from '../../traffic/filter/filter.ts';
import { vocabularyOf } from '../vocabulary.ts';
import { carrierList, carrierView } from './carrier-list.ts';
import { checkFilter } from './check-filter.ts';
import { composeEncode, composeForm } from './compose.ts';
import { ConnectionStatuses } from './connection-statuses.ts';
import { findRow } from './find.ts';
import { dissectLoose, frameView } from './frame-view.ts';
import { FrameRate } from './frame-rate.ts';
import { guessProtocol } from './guess.ts';
import { type Job, runJob } from './job.ts';
import { marksOf } from './marks.ts';
import type { FromReader, ReaderSetup, ReaderVerb, ToReader } from './reader-messages.ts';
import { rowsOf } from './rows.ts';
import { sameValue } from './same-value.ts';
import { usualAnswer } from './usual-answer.ts';
import { statisticOf } from './statistic-of.ts';
import { stripOf } from './strip.ts';
import { View } from './view.ts';

export interface ReaderTools {
  protocols(sources: readonly ProtocolSource[]): readonly Protocol[];
  readonly now: () => number;
}

type MainPort = Port<ToReader, FromReader>;

const TICK_MS = 16;
/** Until rate and connections have come to rest after the last frame. */
const IDLE_MS = 100;
const SCAN_MS = 10;
/** New rows sent unasked per view and tick: a screen has far fewer. */
const LIVE_ROWS = 256;
const MAX_ROWS = 5_000;
const CONNECTIONS_MS = 250;

/** @param news from the recorder; undefined for a file that nobody writes */
export function runReader(main: MainPort, news: MessagePort | undefined, setup: ReaderSetup, tools: ReaderTools): void {
  try {
    const thread = new ReaderThread(main, setup, tools);
    let isReady = false;
    // Two ports keep no order between them: what the recorder said before a request was made is heard before it is answered.
    const hearAll = (): void => {
      if (news === undefined) return;
      for (let next = receiveMessageOnPort(news); next !== undefined; next = receiveMessageOnPort(news)) {
        thread.hear(next.message as ReaderNews);
      }
    };
    const ready = (): void => {
      isReady = true;
      main.on('message', (message) => {
        if (message.kind === 'request') hearAll();
        thread.take(message);
      });
      main.postMessage({ kind: 'ready' });
    };
    // What the file holds already comes as the first news.
    news?.on('message', (message: ReaderNews) => {
      thread.hear(message);
      if (!isReady) ready();
    });
    if (news === undefined) ready();
  } catch (error) {
    const code = error instanceof EngineError ? error.code : 'internal';
    main.postMessage({ kind: 'refused', code, message: messageOf(error) });
  }
}

class ReaderThread {
  readonly #main: MainPort;
  readonly #tools: ReaderTools;
  readonly #reader: SessionReader;
  readonly #views = new Map<number, View>();
  readonly #statuses: ConnectionStatuses;
  readonly #gone = new Set<number>();
  #vocabulary: Vocabulary;
  #lastView = 0;
  #bytesOnDisk = 0;
  #tick: NodeJS.Timeout | undefined;
  #ticked = Number.NEGATIVE_INFINITY;
  #told = Number.NEGATIVE_INFINITY;
  #changed = new Set<number>();
  #mustRestart = false;
  #mustRecount = false;
  readonly #rate = new FrameRate();
  #isScanning = false;
  #isClosed = false;

  constructor(main: MainPort, setup: ReaderSetup, tools: ReaderTools) {
    this.#main = main;
    this.#tools = tools;
    const protocols = tools.protocols(setup.sources);
    const { db } = openDatabase(setup.path, { readonly: true });
    this.#reader = new SessionReader(setup.path, db, protocols);
    this.#statuses = new ConnectionStatuses(this.#reader);
    this.#vocabulary = vocabularyOf(protocols);
  }

  hear(news: ReaderNews): void {
    if (this.#isClosed) return;
    const reader = this.#reader;
    for (const buffer of news.chunks) reader.index.attach(buffer);
    reader.index.count = news.count;
    for (const [id, protocol, name, number] of news.names) reader.setName(id, protocol, name, number);
    for (const connection of news.connections) reader.setConnection(connection);
    if (news.connections.length > 0) {
      this.#statuses.touch();
      for (const view of this.#views.values()) view.refresh();
    }
    reader.revise(news.renewed, news.changed);
    for (const n of news.changed) this.#changed.add(n);
    if (news.renewed.length > 0) this.#mustRecount = true;
    this.#bytesOnDisk = news.bytesOnDisk;
    this.#soon();
  }

  take(message: ToReader): void {
    switch (message.kind) {
      case 'request':
        void this.#answer(message);
        return;
      case 'gone':
        this.#gone.add(message.client);
        for (const view of this.#views.values()) if (view.client === message.client) this.#views.delete(view.id);
        return;
      case 'protocols': {
        const protocols = this.#tools.protocols(message.sources);
        this.#reader.setProtocols(protocols);
        this.#vocabulary = vocabularyOf(protocols);
        this.#mustRestart = true;
        this.#soon();
        return;
      }
      case 'close':
        this.#isClosed = true;
        clearTimeout(this.#tick);
        this.#reader.close();
        this.#main.postMessage({ kind: 'closed' });
    }
  }

  async #answer(request: Extract<ToReader, { kind: 'request' }>): Promise<void> {
    const { id, client, verb } = request;
    try {
      if (this.#isClosed) throw new EngineError('cancelled', 'The session is being closed.');
      if (verb === 'view.rows') {
        const batch = this.#rows(request.args as Verbs['view.rows']['args'], request.clientRequest);
        this.#main.postMessage({ kind: 'rows', id, batch }, [batch.buffer]);
        return;
      }
      const ok = await this.#perform(verb, request.args, client);
      this.#main.postMessage({ kind: 'answer', id, ok });
    } catch (error) {
      const code = error instanceof EngineError ? error.code : 'internal';
      this.#main.postMessage({ kind: 'error', id, code, message: messageOf(error) });
    }
  }

  #perform(verb: Exclude<ReaderVerb, 'view.rows'>, args: unknown, client: number): unknown {
    const reader = this.#reader;
    switch (verb) {
      case 'view.open': {
        const { spec, follow } = args as Verbs['view.open']['args'];
        return this.#openView(client, spec, follow ?? false);
      }
      case 'view.change': {
        const { view: id, spec } = args as Verbs['view.change']['args'];
        const view = this.#view(id);
        view.change(spec, this.#vocabulary);
        return this.#firstLook(view);
      }
      case 'view.close':
        this.#views.delete((args as Verbs['view.close']['args']).view);
        return {};
      case 'view.cancel': {
        const view = this.#view((args as Verbs['view.cancel']['args']).view);
        view.cancel();
        return view.status();
      }
      case 'view.indexOf': {
        const { view, n } = args as Verbs['view.indexOf']['args'];
        return this.#view(view).indexOf(n);
      }
      case 'view.find': {
        const { view, from, back, what } = args as Verbs['view.find']['args'];
        return this.#run(client, findRow(reader, this.#view(view), this.#vocabulary, from, back ?? false, what));
      }
      case 'view.strip': {
        const { view, from, to, buckets } = args as Verbs['view.strip']['args'];
        return stripOf(reader, view === undefined ? undefined : this.#view(view), from, to, buckets);
      }
      case 'frame.get': {
        const { n, revealSecrets } = args as Verbs['frame.get']['args'];
        return frameView(reader, n, revealSecrets ?? false);
      }
      case 'frame.dissect': {
        const given = args as Verbs['frame.dissect']['args'];
        return dissectLoose(reader, given, bytesOf(given.hex));
      }
      case 'frame.usualAnswer': {
        const n = usualAnswer(reader, (args as Verbs['frame.usualAnswer']['args']).n);
        return n === undefined ? null : { n };
      }
      case 'frame.sameValue':
        return this.#run(client, sameValue(reader, args as Verbs['frame.sameValue']['args']));
      case 'carrier.list':
        return this.#run(client, carrierList(reader, args as Verbs['carrier.list']['args']));
      case 'carrier.get':
        return carrierView(reader, (args as Verbs['carrier.get']['args']).id);
      case 'filter.check':
        return checkFilter(reader, this.#vocabulary, this.#tools.now, (args as Verbs['filter.check']['args']).text);
      case 'marks.list':
        return marksOf(reader);
      case 'connections.list':
        return this.#statuses.list();
      case 'compose.form':
        return composeForm(reader, args as Verbs['compose.form']['args']);
      case 'compose.encode': {
        const given = args as Verbs['compose.encode']['args'];
        return composeEncode(reader, given, given.original === undefined ? undefined : bytesOf(given.original));
      }
      case 'reader.guess':
        return guessProtocol(reader, (args as { conn: number }).conn);
      case 'stats.messages':
      case 'stats.conversations':
      case 'stats.latency':
      case 'stats.plot':
      case 'stats.rate':
      case 'stats.fieldBytes':
      case 'stats.coverage':
      case 'stats.expert':
        return this.#run(client, statisticOf(reader, this.#vocabulary, verb, args));
    }
  }

  #run<T>(client: number, job: Job<T>): Promise<T> {
    return runJob(job, this.#tools.now, () => this.#isClosed || this.#gone.has(client));
  }

  // ---- views -------------------------------------------------------------------------------------------------------------

  #openView(client: number, spec: ViewSpec, follow: boolean): unknown {
    const view = new View(this.#lastView + 1, client, follow, this.#reader, spec, this.#vocabulary);
    this.#lastView++;
    this.#views.set(view.id, view);
    return this.#firstLook(view);
  }

  /** Most views are complete at once; the others come in `grew` events. */
  #firstLook(view: View): unknown {
    view.advance(SCAN_MS, this.#tools.now);
    view.told = view.length;
    this.#soon();
    return view.status();
  }

  #view(id: number): View {
    const view = this.#views.get(id);
    if (view === undefined) throw new EngineError('not-found', `There is no view ${id}; open one with view.open.`);
    return view;
  }

  #rows(args: Verbs['view.rows']['args'], clientRequest: number): Uint8Array<ArrayBuffer> {
    const view = this.#view(args.view);
    const start = Math.max(0, Math.floor(args.start));
    const frames = view.frames(start, Math.min(MAX_ROWS, Math.max(0, Math.floor(args.count))));
    const rows = rowsOf(this.#reader, frames, view.spec.columns ?? [], view.colors);
    return encodeRowBatch({ kind: 'answer', id: clientRequest, start, total: view.length }, rows);
  }

  // ---- the tick ----------------------------------------------------------------------------------------------------------

  #soon(gap = TICK_MS): void {
    if (this.#isClosed || (this.#tick !== undefined && gap !== TICK_MS)) return;
    clearTimeout(this.#tick);
    const wait = Math.max(0, gap - (this.#tools.now() - this.#ticked));
    this.#tick = setTimeout(() => {
      this.#tick = undefined;
      this.#beat();
    }, wait);
  }

  #beat(): void {
    this.#ticked = this.#tools.now();
    const live: { client: number; batch: Uint8Array<ArrayBuffer> }[] = [];
    this.#reviseViews(live);
    let isBehind = false;
    for (const view of this.#views.values()) {
      if (!view.advance(SCAN_MS, this.#tools.now)) isBehind = true;
      if (view.isFollowed) this.#tail(view, live);
    }
    const views = [...this.#views.values()].filter((v) => v.isFollowed).map((v) => v.status());
    const rate = this.#rate.now(this.#reader.index, this.#tools.now());
    this.#main.postMessage(
      {
        kind: 'grew',
        grew: { frames: this.#reader.index.count, bytesOnDisk: this.#bytesOnDisk, views, rate },
        live,
      },
      live.map(({ batch }) => batch.buffer),
    );
    this.#tellConnections();
    if (isBehind) this.#scanOn();
    else if (this.#statuses.isChanged || rate.toServer + rate.toClient > 0) this.#soon(IDLE_MS);
  }

  /** Looks on between requests, and tells every tick how far it is. */
  #scanOn(): void {
    if (this.#isScanning) return;
    this.#isScanning = true;
    setImmediate(() => {
      this.#isScanning = false;
      if (this.#isClosed) return;
      const isDone = [...this.#views.values()].map((view) => view.advance(SCAN_MS, this.#tools.now)).every(Boolean);
      if (isDone || this.#tools.now() - this.#ticked >= TICK_MS) this.#beat();
      else this.#scanOn();
    });
  }

  /** Rows that changed go out again, so that nobody need ask whether something did. */
  #reviseViews(live: { client: number; batch: Uint8Array<ArrayBuffer> }[]): void {
    if (this.#mustRestart || this.#mustRecount) this.#statuses.recount();
    if (this.#mustRestart) {
      for (const view of this.#views.values()) {
        view.change(view.spec, this.#vocabulary);
        view.told = 0;
      }
    }
    this.#mustRestart = false;
    this.#mustRecount = false;
    if (this.#changed.size === 0) return;
    const changed = [...this.#changed].sort((a, b) => a - b);
    this.#changed = new Set();
    this.#statuses.touch();
    for (const view of this.#views.values()) {
      const rows = view.revise(changed);
      if (!view.isFollowed) continue;
      for (const [start, count] of runsOf(rows.slice(-LIVE_ROWS))) live.push(this.#live(view, start, count));
    }
  }

  #tail(view: View, live: { client: number; batch: Uint8Array<ArrayBuffer> }[]): void {
    const { length } = view;
    if (length <= view.told) return;
    if (!view.isDone) {
      // A view that is still looking through history is not live: its rows are asked for where they are looked at.
      view.told = length;
      return;
    }
    const start = Math.max(view.told, length - LIVE_ROWS);
    live.push(this.#live(view, start, length - start));
    view.told = length;
  }

  #live(view: View, start: number, count: number): { client: number; batch: Uint8Array<ArrayBuffer> } {
    const rows = rowsOf(this.#reader, view.frames(start, count), view.spec.columns ?? [], view.colors);
    return {
      client: view.client,
      batch: encodeRowBatch({ kind: 'live', id: view.id, start, total: view.length }, rows),
    };
  }

  #tellConnections(): void {
    const now = this.#tools.now();
    if (!this.#statuses.isChanged || now - this.#told < CONNECTIONS_MS) return;
    const began = now;
    this.#main.postMessage({ kind: 'connections', list: this.#statuses.list() });
    // Many connections make a long list: tell it less often.
    this.#told = began + 10 * (this.#tools.now() - began);
  }
}

function runsOf(rows: readonly number[]): [start: number, count: number][] {
  const runs: [number, number][] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === row) last[1]++;
    else runs.push([row, 1]);
  }
  return runs;
}

/** @throws EngineError `bad-request` */
function bytesOf(hex: string): Uint8Array {
  const plain = hex.replaceAll(/\s/g, '');
  if (plain.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(plain)) {
    throw new EngineError('bad-request', 'The bytes must be hex: two digits a byte.');
  }
  return new Uint8Array(Buffer.from(plain, 'hex'));
}
