/**
 * A server that speaks the contract and nothing else: it serves the built UI and answers verbs from a computed session. Equipment
 * for tests of the page (any size, any rate), never part of the product.
 */
import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import { encodeRowBatch } from '../../../core/contract/row-batch.ts';
import { createAnswers, type AnswerContext } from './answers.ts';
import { sampleSession } from './sample-rows.ts';
import type { SampleView } from './sample-views.ts';

const UI = join(import.meta.dirname, '../../../build/ui');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const policy = (style: string): string =>
  `default-src 'none'; script-src 'self'; style-src ${style}; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;
export const TOKEN = 'test-token';

export interface ContractServerOptions {
  readonly rows?: number;
  /** Further rows per second, recorded live. */
  readonly rate?: number;
  readonly perSecond?: number;
  /** Nothing recorded, no proxy: the first-run page. */
  readonly isEmpty?: boolean;
  readonly port?: number;
}

export interface ContractServer {
  readonly url: string;
  readonly length: () => number;
  /** Verbs asked so far, newest last. */
  readonly asked: readonly { readonly verb: string; readonly args: unknown }[];
  event(name: string, data: unknown): void;
  /** Cuts every line, as an engine that dies would. */
  cut(): void;
  close(): Promise<void>;
}

interface Line {
  readonly socket: WebSocket;
  readonly views: Map<number, SampleView>;
  readonly sent: Map<number, number>;
}

export async function startContractServer(options: ContractServerOptions = {}): Promise<ContractServer> {
  const { rows = 102_964, rate = 0, perSecond = 521, isEmpty = false } = options;
  const began = Date.now() / 1000 - (isEmpty ? 0 : rows / perSecond);
  const session = sampleSession(perSecond === 521 ? Date.now() / 1000 - 174 : began, perSecond);
  const started = performance.now();
  const length = (): number => (isEmpty ? 0 : rows + Math.floor(((performance.now() - started) / 1000) * rate));
  const lines = new Set<Line>();
  const asked: { verb: string; args: unknown }[] = [];
  const event = (name: string, data: unknown): void => {
    for (const line of lines) line.socket.send(JSON.stringify({ event: name, data }));
  };
  const answers = createAnswers({ session, length, event, isEmpty });

  const http = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    const file = join(UI, path === '/' ? 'index.html' : path);
    if (request.method === 'POST') {
      request
        .resume()
        .on('end', () => response.setHeader('content-type', 'application/json').end('{"path":"/tmp/upload.pcap"}'));
      return;
    }
    if (!file.startsWith(UI) || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    const type = { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' };
    if (file.endsWith('index.html')) {
      // As the engine does: the page's editors may add style elements with this page's nonce.
      const nonce = randomBytes(16).toString('base64');
      const page = readFileSync(file, 'utf8').replace('</head>', `<meta name="style-nonce" content="${nonce}"></head>`);
      response.writeHead(200, { ...type, 'content-security-policy': policy(`'self' 'nonce-${nonce}'`) }).end(page);
      return;
    }
    response.writeHead(200, { ...type, 'content-security-policy': policy("'self'") });
    createReadStream(file).pipe(response);
  });
  const sockets = new WebSocketServer({ server: http, path: '/api' });
  sockets.on('connection', (socket) => {
    const line: Line = { socket, views: new Map(), sent: new Map() };
    let isIn = false;
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { token?: string; id: number; verb: string; args: never };
      if (!isIn) {
        isIn = message.token === TOKEN;
        if (isIn) lines.add(line);
        else socket.close(4401, 'token');
        return;
      }
      asked.push({ verb: message.verb, args: message.args });
      reply(line, answers, message.id, message.verb, message.args);
    });
    socket.on('close', () => lines.delete(line));
  });

  let last = length();
  let rateMark = performance.now();
  const timer = setInterval(() => {
    const now = length();
    const isScanning = [...lines].some((line) => [...line.views.values()].some((view) => !view.isDone));
    if (now === last && !isScanning) return;
    const seconds = (performance.now() - rateMark) / 1000;
    const perSecondNow = (now - last) / Math.max(0.001, seconds);
    last = now;
    rateMark = performance.now();
    for (const line of lines) {
      for (const view of line.views.values()) view.scan(60_000);
      const views = [...line.views.values()].map((view) => view.status());
      line.socket.send(
        JSON.stringify({
          event: 'grew',
          data: {
            frames: now,
            bytesOnDisk: now * 400,
            views,
            rate: { toServer: perSecondNow * 0.4, toClient: perSecondNow * 0.6 },
          },
        }),
      );
      for (const view of line.views.values()) sendTail(line, view);
    }
  }, 16);

  await new Promise<void>((resolve) => http.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${portOf(http)}/#token=${TOKEN}`,
    length,
    asked,
    event,
    cut: () => {
      for (const line of lines) line.socket.terminate();
    },
    async close() {
      clearInterval(timer);
      for (const line of lines) line.socket.terminate();
      sockets.close();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** The newest rows of a view, at most 256 at a time; what falls between is fetched when it is looked at. */
function sendTail(line: Line, view: SampleView): void {
  const { shown } = view.status();
  const from = Math.max(line.sent.get(view.id) ?? shown, shown - 256);
  line.sent.set(view.id, shown);
  if (shown <= from) return;
  line.socket.send(
    encodeRowBatch({ kind: 'live', id: view.id, start: from, total: shown }, view.rows(from, shown - from)),
  );
}

function reply(line: Line, answers: AnswerContext, id: number, verb: string, args: never): void {
  const view = line.views.get((args as { view?: number }).view ?? 0);
  if (verb === 'view.rows') {
    const { start, count } = args as { start: number; count: number };
    const rows = view?.rows(start, count) ?? [];
    line.socket.send(encodeRowBatch({ kind: 'answer', id, start, total: view?.status().shown ?? 0 }, rows));
    return;
  }
  answers.answer(verb, args, line.views).then(
    (ok) => line.socket.send(JSON.stringify({ id, ok })),
    (error: unknown) =>
      line.socket.send(
        JSON.stringify({
          id,
          error: { code: 'bad-request', message: error instanceof Error ? error.message : String(error) },
        }),
      ),
  );
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

if (import.meta.main) {
  const number = (name: string): number | undefined => {
    const at = process.argv.indexOf(name);
    return at < 0 ? undefined : Number(process.argv[at + 1]);
  };
  const rows = number('--rows');
  const rate = number('--rate');
  const port = number('--port');
  const server = await startContractServer({
    ...(rows === undefined ? {} : { rows }),
    ...(rate === undefined ? {} : { rate }),
    ...(port === undefined ? {} : { port }),
    isEmpty: process.argv.includes('--empty'),
  });
  process.stdout.write(`${server.url}\n`);
}
