/** Runs every benchmark, or the ones named: `npm run bench -- relay schema`. Figures are ratios against a peer in the same run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { endsWithUs } from './feed/ends-with-us.ts';

const here = import.meta.dirname;
const named = process.argv.slice(2);
const all = readdirSync(here)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts' && !file.includes('-process'))
  .map((file) => file.slice(0, -'.ts'.length));
const unknown = named.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no benchmark called ${unknown.join(', ')}; there are ${all.join(', ')}\n`);
  process.exit(2);
}
let failed = false;
for (const name of named.length > 0 ? named : all) {
  process.stdout.write(`\n== ${name}\n`);
  const run = endsWithUs(
    spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--expose-gc', join(here, `${name}.ts`)], {
      stdio: 'inherit',
    }),
  );
  const [status] = await once(run, 'exit');
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
