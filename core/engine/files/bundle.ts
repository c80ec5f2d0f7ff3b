/** Everything a developer needs to see a bug: the session, its report to look at, the protocols, what was done to the traffic. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate';

export interface BundleFile {
  readonly name: string;
  readonly content: { readonly text: string } | { readonly path: string };
}

/** The earliest time a zip can say: equal contents make equal bundles. */
const MTIME = new Date(1980, 0, 1);
const BLOCK = 1 << 20;

/** Writes a zip; returns its size. */
export function writeZip(path: string, files: readonly BundleFile[]): number {
  const out = openSync(path, 'w', 0o600);
  let size = 0;
  try {
    const zip = new Zip((error, chunk) => {
      if (error !== null) throw error;
      size += chunk.length;
      writeSync(out, chunk);
    });
    for (const { name, content } of files) {
      const bytes = 'text' in content ? new TextEncoder().encode(content.text) : readFileSync(content.path);
      // The report is packed inside already.
      const entry = name.endsWith('.html') ? new ZipPassThrough(name) : new ZipDeflate(name, { level: 6 });
      entry.mtime = MTIME;
      zip.add(entry);
      for (let at = 0; at < bytes.length || at === 0; at += BLOCK)
        entry.push(bytes.subarray(at, at + BLOCK), at + BLOCK >= bytes.length);
    }
    zip.end();
  } finally {
    closeSync(out);
  }
  return size;
}
