import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version in package.json: two levels up from the sources, three from the build. */
export const VERSION: string = readVersion();

function readVersion(): string {
  for (const up of ['../..', '../../..']) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(import.meta.dirname, up, 'package.json'), 'utf8')) as {
        name: string;
        version: string;
      };
      if (name === 'interpose') return version;
    } catch {
      // Not there: try the next place.
    }
  }
  return '0.0.0';
}
