/** Verbs about the session, its marks, protocols and filters, and files by ticket. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { completeFilter } from '../traffic/filter/filter.ts';
import type { Engine, VerbHandlers } from './engine.ts';

interface Recent {
  readonly path: string;
  readonly time: number;
}
const MAX_RECENT = 30;

export function sessionVerbs(engine: Engine): VerbHandlers {
  const { session, protocols } = engine;
  const recentFile = join(engine.options.home, 'recent.json');
  const recent = (): Recent[] => {
    try {
      const list: unknown = JSON.parse(readFileSync(recentFile, 'utf8'));
      return Array.isArray(list) ? list.filter(isRecent) : [];
    } catch {
      return [];
    }
  };
  const remember = (path: string): void => {
    const list = [{ path, time: engine.clock.wall() }, ...recent().filter((r) => r.path !== path)].slice(0, MAX_RECENT);
    try {
      writeFileSync(recentFile, JSON.stringify(list));
    } catch {
      // A list of recent files is a convenience; being unable to keep it is no failure.
    }
  };
  return {
    'session.info': () => session.info(),
    'session.new': async ({ path }) => {
      const info = await session.create(path);
      if (path !== undefined) remember(info.path);
      return info;
    },
    'session.open': async ({ path }) => {
      const info = await session.openFile(path);
      remember(info.path);
      return info;
    },
    'session.saveAs': async ({ path }) => {
      const saved = await session.saveAs(path);
      remember(resolve(path));
      return saved;
    },
    'session.record': ({ on }) => session.record(on),
    'marks.set': async ({ n, mark, comment }) => {
      await session.mark(n, mark, comment);
      return { n };
    },
    'filter.complete': ({ text, at }) => completeFilter(text, at, protocols.vocabulary),
    'protocols.list': () => protocols.summaries(),
    'protocol.describe': ({ id }) => protocols.describe(id),
    'files.upload': (upload) => ({ ticket: engine.tickets.expect(upload) }),
    'files.recent': () => recent().filter(({ path }) => existsSync(path)),
  };
}

function isRecent(value: unknown): value is Recent {
  return (
    value !== null &&
    typeof value === 'object' &&
    typeof (value as Recent).path === 'string' &&
    typeof (value as Recent).time === 'number'
  );
}
