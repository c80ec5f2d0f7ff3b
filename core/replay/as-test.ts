/** A recording as a TypeScript test that a team keeps beside its own code and changes as it likes. */
import type { DissectedMessage } from '../protocol/protocol.ts';
import { formatPath, setPath } from '../schema/path.ts';
import { leavesOf, metaAt, toHex } from './leaves.ts';
import { type Expected, makePlan, type Step } from './plan.ts';
import { type FoundBinding, findBindings, type Place } from './rebinding.ts';
import { itemKey, type Recording } from './recording.ts';

export interface AsTestOptions {
  /** Title of the test. */
  readonly title: string;
  /** Recorded server (`host:port`) → URL the test goes to by default; it can be changed by the environment. */
  readonly urls: Readonly<Record<string, string>>;
}

/** Fields checked per message: all that say something about the game, none that differ by themselves. */
const MAX_CHECKED = 12;

/** TypeScript for `node --test`, on the library `interpose`. */
export function recordingAsTest(recording: Recording, options: AsTestOptions): string {
  return new Writer(recording, options).write();
}

class Writer {
  readonly #recording: Recording;
  readonly #options: AsTestOptions;
  readonly #bindings: readonly FoundBinding[];
  readonly #lines: string[] = [];
  /** Messages of the server that later ones need, and the variable each is kept in. */
  readonly #kept = new Map<string, string>();
  readonly #echoes = new Map<string, { readonly at: Place; readonly from: Place }[]>();
  #usesHex = false;
  #variables = 0;

  constructor(recording: Recording, options: AsTestOptions) {
    this.#recording = recording;
    this.#options = options;
    this.#bindings = findBindings(recording);
    for (const { echoes } of this.#bindings) {
      for (const { at, from } of echoes) {
        // What is written as it was issued can be passed on; other spellings are left to `replay`.
        const source = from.find((place) => place.spelling.as === at.spelling.as && place.spelling.piece === undefined);
        if (source === undefined || at.spelling.piece !== undefined) continue;
        const key = itemKey(at.n, at.index);
        this.#echoes.set(key, [...(this.#echoes.get(key) ?? []), { at, from: source }]);
      }
    }
  }

  write(): string {
    const plan = makePlan(this.#recording);
    const sources = new Set([...this.#echoes.values()].flat().map(({ from }) => itemKey(from.n, from.index)));
    const handed = new Map([...plan.handedOver].map(([conn, by]) => [conn, itemKey(by.n, by.index)]));
    for (const key of handed.values()) sources.add(key);
    let next = 0;
    for (const step of plan.steps) {
      for (; next < step.after; next++) this.#expect(plan.expected[next]!, sources);
      this.#step(step, plan.handedOver.get(step.conn)?.handoff, handed.get(step.conn));
    }
    for (; next < plan.expected.length; next++) this.#expect(plan.expected[next]!, sources);
    return this.#whole();
  }

  #step(step: Step, handoff: { address: string; port: string } | undefined, from: string | undefined): void {
    const name = `c${step.conn}`;
    const recorded = this.#recording.connections.get(step.conn)!;
    switch (step.kind) {
      case 'open': {
        const { server, transport, role } = recorded.connection;
        const key = `${server.address}:${server.port}`;
        const kept = from === undefined ? undefined : this.#kept.get(from);
        const url =
          kept === undefined || handoff === undefined
            ? `urls[${quote(key)}]!`
            : `\`${transport}://\${${access(kept, handoff.address)}}:\${${access(kept, handoff.port)}}\``;
        const options = [
          `protocol: ${quote(recorded.protocol?.id ?? 'bytes')}`,
          ...(role === undefined ? [] : [`role: ${quote(role)}`]),
          ...(recorded.protocol?.framing.kind === 'detect' ? [`framing: ${this.#literal(recorded.framing)}`] : []),
          ...(Object.keys(recorded.options).length === 0 ? [] : [`options: ${this.#literal(recorded.options)}`]),
        ];
        this.#lines.push(
          `  const ${name} = await connect(${url}, { ${options.join(', ')} });`,
          `  open.push(${name});`,
        );
        return;
      }
      case 'send':
        step.frame.messages.forEach((message, index) => this.#send(name, step.frame, message, index));
        return;
      case 'close':
        this.#lines.push(`  ${name}.close();`);
        return;
      case 'closed':
        this.#lines.push(`  await ${name}.ended();`);
        return;
      default:
        step satisfies never;
    }
  }

  #send(name: string, frame: { n: number; bytes: Uint8Array }, message: DissectedMessage, index: number): void {
    if (message.name === null) {
      if (index === 0) this.#lines.push(`  ${name}.sendBytes(${this.#bytes(frame.bytes)}); // frame ${frame.n}`);
      return;
    }
    let { fields } = message;
    for (const { at, from } of this.#echoes.get(itemKey(frame.n, index)) ?? []) {
      const kept = this.#kept.get(itemKey(from.n, from.index));
      if (kept !== undefined) fields = setPath(fields, at.path, new Code(access(kept, formatPath(from.path))));
    }
    this.#lines.push(`  ${name}.send(${quote(message.name)}, ${this.#literal(fields)}); // frame ${frame.n}`);
  }

  #expect(expected: Expected, sources: ReadonlySet<string>): void {
    const { message, conn, frame, index, isHeartbeat } = expected;
    if (isHeartbeat || message.name === null) return;
    const key = itemKey(frame.n, index);
    const checked = this.#checked(message);
    const fits = checked === '' ? '' : `, ${checked}`;
    let keep = '';
    if (sources.has(key)) {
      const variable = `m${++this.#variables}`;
      this.#kept.set(key, variable);
      keep = `const ${variable} = `;
    }
    this.#lines.push(`  ${keep}await c${conn}.expect(${quote(message.name)}${fits}); // frame ${frame.n}`);
  }

  /** Short values that hold in every run. */
  #checked({ fields, spec }: DissectedMessage): string {
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return '';
    const issued = new Set(this.#bindings.map((binding) => binding.recorded.slice(2)));
    const parts: string[] = [];
    for (const { path, value } of leavesOf(fields)) {
      const [name] = path;
      if (path.length !== 1 || typeof name !== 'string' || parts.length >= MAX_CHECKED) continue;
      if (typeof value === 'object' || issued.has(String(value))) continue;
      const { volatile, role } = metaAt(spec?.node, path);
      if (volatile === true || role === 'id' || role === 'token' || role === 'time' || role === 'port') continue;
      if (String(value).length <= 120) parts.push(`${keyOf(name)}: ${this.#literal(value)}`);
    }
    return parts.length === 0 ? '' : `{ ${parts.join(', ')} }`;
  }

  #whole(): string {
    const { title, urls } = this.#options;
    const list = Object.entries(urls).map(([server, url], i) => {
      const variable = `TARGET${i === 0 ? '' : `_${i + 1}`}`;
      return `  ${quote(server)}: process.env['${variable}'] ?? ${quote(url)},`;
    });
    return [
      `// Made of a recording by Interpose; yours to change. Run it with: node --test FILE`,
      `import { after, test } from 'node:test';`,
      `import { connect, type Client${this.#usesHex ? ', hex' : ''} } from 'interpose';`,
      '',
      `/** Where the recorded servers are now. */`,
      `const urls: Record<string, string> = {`,
      ...list,
      '};',
      'const open: Client[] = [];',
      'after(async () => {',
      '  for (const client of open) client.close();',
      '});',
      '',
      `test(${quote(title)}, async () => {`,
      ...this.#lines,
      '});',
      '',
    ].join('\n');
  }

  #bytes(bytes: Uint8Array): string {
    this.#usesHex = true;
    return `hex('${toHex(bytes)}')`;
  }

  #literal(value: unknown): string {
    if (value instanceof Code) return value.text;
    if (value instanceof Uint8Array) return this.#bytes(value);
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'number') return Number.isFinite(value) ? String(value) : `Number(${quote(String(value))})`;
    if (typeof value === 'string') return quote(value);
    if (Array.isArray(value)) return `[${value.map((item: unknown) => this.#literal(item)).join(', ')}]`;
    if (value !== null && typeof value === 'object') {
      const entries = Object.entries(value).map(([key, item]) => `${keyOf(key)}: ${this.#literal(item)}`);
      return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
    }
    return String(value);
  }
}

/** An expression where a value stood. */
class Code {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** `m1.fields.players[0].id`, for fields whose type the test does not know. */
function access(variable: string, path: string): string {
  return path === '' ? `${variable}.fields` : `${variable}.at(${quote(path)})`;
}

function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name);
}

/** A string literal in single quotes, safe in any source file. */
function quote(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;
}
