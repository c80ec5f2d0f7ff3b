import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StaticFiles } from './static-files.ts';

test('a page that was built again is served without a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'interpose-page-'));
  const files = new StaticFiles(folder);
  const server = createServer((request, response) => {
    if (!files.serve(request.url ?? '/', response, false)) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const get = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    return response.ok ? response.text() : String(response.status);
  };
  try {
    expect(await get('/')).toContain('has not been built');
    writeFileSync(join(folder, 'index.html'), '<head></head>first');
    writeFileSync(join(folder, 'a.js'), 'a');
    expect(await get('/')).toContain('first');
    expect(await get('/a.js')).toBe('a');
    rmSync(join(folder, 'a.js'));
    writeFileSync(join(folder, 'index.html'), '<head></head>second');
    writeFileSync(join(folder, 'b.js'), 'b');
    expect(await get('/a.js')).toBe('404');
    expect(await get('/')).toContain('second');
    expect(await get('/b.js')).toBe('b');
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});
