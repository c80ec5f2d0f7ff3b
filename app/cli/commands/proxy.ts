import { readFileSync } from 'node:fs';
import { readFaults } from '../../../core/engine/config.ts';
import { faultsOf } from '../../../core/engine/fault-record.ts';
import { createLog, type Log } from '../../../core/engine/log.ts';
import { parseRules } from '../../../core/relay/rule-yaml.ts';
import type { TextProblem } from '../../../core/contract/verbs.ts';
import { rotateSessions } from '../../../core/engine/files/rotation.ts';
import type { FaultPlan } from '../../../core/traffic/control.ts';
import { startEngine } from '../../engine/start-engine.ts';
import { readRotation } from '../rotation-options.ts';
import { type Invocation, UsageError } from '../command.ts';
import { print, printError } from '../output.ts';
import { readProxySpecs } from '../proxy-specs.ts';
import { untilEnded } from '../until-ended.ts';
import { VERSION } from '../version.ts';

/** Proxies without a page. Stdout carries `ready <proxy> <url>` lines (or JSON) and nothing else. */
export async function proxy(invocation: Invocation): Promise<number> {
  const proxies = readProxySpecs(invocation);
  const config = invocation.text('config');
  if (proxies.length === 0 && config === undefined)
    throw new UsageError('proxy needs --listen and --upstream, or --config; "interpose help proxy" shows an example');
  const session = invocation.text('session');
  const seconds = invocation.number('duration');
  const rotation = readRotation(invocation);
  const rules = fromFile(invocation.text('rules'), (text) => parseRules(text));
  const faults = faultsFrom(invocation.text('faults'));
  const log = createLog('warnings');
  const early: string[] = [];
  let isReady = false;
  const held: Log = { ...log, warn: (text) => (isReady ? log.warn(text) : void early.push(text)) };
  const started = await startEngine({
    serve: false,
    log: held,
    version: VERSION,
    protocolFiles: invocation.texts('protocol-file'),
    ...(session === undefined ? {} : { session }),
    ...(config === undefined ? {} : { config }),
    ...(invocation.text('ca-dir') === undefined ? {} : { authorityFolder: invocation.text('ca-dir')! }),
  });
  const { engine } = started;
  if (rotation !== undefined) rotateSessions(engine, rotation);
  try {
    // Rules and faults are in force before the first client can come.
    if (rules !== undefined) await engine.call('rules.set', { rules: rules.rules });
    if (faults?.plan !== undefined) await engine.call('faults.set', { plan: faults.plan });
    const script = invocation.text('script');
    if (script !== undefined) {
      const status = await engine.call('script.load', { path: script });
      if (status.error !== undefined)
        throw new UsageError(
          `${script}${status.error.line === undefined ? '' : `:${status.error.line}`}: ${status.error.message}`,
        );
    }
    for (const spec of proxies) await engine.proxies.start(spec);
  } catch (error) {
    await started.abandon();
    throw error;
  }
  // What was remarked on the way: after a failed start the error says it all.
  isReady = true;
  for (const text of early) log.warn(text);
  // Before anything is printed: whoever reads it may send a signal at once.
  const ended = untilEnded(seconds);
  for (const { spec, url } of engine.proxies.list()) {
    if (spec.allowRemote === true) printError(new Error(`warning: ${spec.name} may be reached from other machines`));
    if (url !== undefined)
      print(invocation.flag('json') ? JSON.stringify({ ready: spec.name, url }) : `ready ${spec.name} ${url}`);
  }
  if (session === undefined) printError(new Error(`recording into ${(await engine.call('session.info', {})).path}`));
  await ended;
  await started.close();
  return 0;
}

/** A plan as YAML, or that of a session in which faults acted: same seed, same traffic, same decisions. */
function faultsFrom(path: string | undefined): { readonly plan: FaultPlan | undefined } | undefined {
  if (path?.endsWith('.ipsession') === true) return { plan: faultsOf(path) };
  return fromFile(path, (text) => readFaults(text));
}

function fromFile<T extends { readonly problems: readonly TextProblem[] }>(
  path: string | undefined,
  read: (text: string) => T,
): T | undefined {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(`cannot read ${path}`);
  }
  const result = read(text);
  const [problem] = result.problems;
  if (problem !== undefined) throw new UsageError(`${path}:${problem.line}:${problem.column}: ${problem.message}`);
  return result;
}
