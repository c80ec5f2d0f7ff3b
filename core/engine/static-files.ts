/** The built page. Only files found in its folder are served, by their exact names: no path is ever put together. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { securityHeaders } from './gate.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};

const NOT_BUILT = `<!doctype html><meta charset="utf-8"><title>Interpose</title>
<p>The engine runs, but its page has not been built. Run <code>npm run -s build:ui</code> and reload.</p>`;

export class StaticFiles {
  readonly #folder: string | undefined;
  #files: ReadonlyMap<string, string>;

  /** @param folder of the built page; when it is missing, a page that says what to do is served */
  constructor(folder: string | undefined) {
    this.#folder = folder;
    this.#files = filesIn(folder);
  }

  /** False when there is no such file. */
  serve(path: string, response: ServerResponse, isHead: boolean): boolean {
    const name = path === '/' ? '/index.html' : path;
    // A page that was built again has files of other names.
    if (name === '/index.html') this.#files = filesIn(this.#folder);
    const file = this.#files.get(name);
    if (file === undefined || !existsSync(file)) {
      if (name !== '/index.html') return false;
      response.writeHead(200, { ...securityHeaders(), 'Content-Type': TYPES['.html']!, 'Cache-Control': 'no-store' });
      response.end(isHead ? undefined : NOT_BUILT);
      return true;
    }
    let body: Buffer | string = readFileSync(file);
    let headers = securityHeaders();
    if (name === '/index.html') {
      // The page's editors add style elements: they may, with this page's nonce, and nobody else's.
      const nonce = randomBytes(16).toString('base64');
      headers = securityHeaders(nonce);
      body = body.toString('utf8').replace('</head>', `<meta name="style-nonce" content="${nonce}"></head>`);
    }
    const isHashed = /-[\w-]{8}\.\w+$/.test(name);
    response.writeHead(200, {
      ...headers,
      'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
    response.end(isHead ? undefined : body);
    return true;
  }
}

function filesIn(folder: string | undefined): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  if (folder === undefined || !existsSync(folder)) return files;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(`/${relative(folder, path).split(sep).join('/')}`, path);
  }
  return files;
}
