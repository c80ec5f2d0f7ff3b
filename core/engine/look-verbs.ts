/**
 * How the page is set up (columns, saved filters, theme, keys), kept in the home folder: pages of several engines have an
 * address each, and a browser remembers by address.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../traffic/engine-error.ts';
import type { Engine, VerbHandlers } from './engine.ts';

const MOST = 256 * 1024;

type Look = Readonly<Record<string, unknown>>;

export function lookVerbs(engine: Engine): VerbHandlers {
  const path = join(engine.options.home, 'look.json');
  return {
    'look.get': () => ({ look: read(path) }),
    'look.set': ({ look }) => {
      // Another window may have changed something else meanwhile.
      const text = JSON.stringify({ ...read(path), ...(look as Look) });
      if (text.length > MOST) throw new EngineError('bad-request', 'look.set: that is more than is kept.');
      try {
        writeFileSync(`${path}.new`, text);
        renameSync(`${path}.new`, path);
        return { kept: true };
      } catch {
        // Being unable to keep it costs remembering, nothing else.
        return { kept: false };
      }
    },
  };
}

function read(path: string): Look {
  try {
    const kept: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof kept === 'object' && kept !== null && !Array.isArray(kept) ? (kept as Look) : {};
  } catch {
    return {};
  }
}
