/** The protocols in force: those that ship, and those made of the user's YAML files, made again when a file is saved. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ProtocolDescription, ProtocolSummary } from '../contract/verbs.ts';
import type { Protocol } from '../protocol/protocol.ts';
import { describeFields } from '../schema/describe.ts';
import { messageOf } from '../session/session-database.ts';
import type { ProtocolSource } from '../session/recorder-messages.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Vocabulary } from '../traffic/filter/filter.ts';
import { vocabularyOf } from './vocabulary.ts';

/** Makes a protocol of a text. @throws Error with a sentence that names the place */
export type CompileProtocol = (source: ProtocolSource) => Protocol;

export class ProtocolStore {
  readonly #shipped: readonly Protocol[];
  readonly #compile: CompileProtocol;
  #protocols: readonly Protocol[];
  #vocabulary: Vocabulary | undefined;
  #sources: readonly ProtocolSource[] = [];
  readonly #files = new Map<string, string>();

  constructor(shipped: readonly Protocol[], compile: CompileProtocol) {
    this.#shipped = shipped;
    this.#compile = compile;
    this.#protocols = shipped;
  }

  get protocols(): readonly Protocol[] {
    return this.#protocols;
  }
  /** For the threads, which make their own protocols of them. */
  get sources(): readonly ProtocolSource[] {
    return this.#sources;
  }
  /** Paths of the user's own that are in force. */
  get files(): readonly string[] {
    return [...this.#files.values()];
  }
  get vocabulary(): Vocabulary {
    return (this.#vocabulary ??= vocabularyOf(this.#protocols));
  }

  /** Reads the files; those that fail are told and left out. Returns whether anything changed. */
  load(paths: readonly string[]): { readonly changed: boolean; readonly problems: readonly string[] } {
    const problems: string[] = [];
    const sources: ProtocolSource[] = [];
    const made: Protocol[] = [];
    this.#files.clear();
    for (const path of paths) {
      try {
        const source = { path, text: readFileSync(path, 'utf8') };
        const protocol = this.#compile(source);
        if ([...this.#shipped, ...made].some((p) => p.id === protocol.id)) {
          throw new Error(`there is a protocol ${protocol.id} already; choose another id`);
        }
        made.push(protocol);
        sources.push(source);
        this.#files.set(protocol.id, resolve(path));
      } catch (error) {
        problems.push(`${path}: ${messageOf(error)}.`);
      }
    }
    const key = (list: readonly ProtocolSource[]): string => JSON.stringify(list);
    const changed = key(sources) !== key(this.#sources);
    if (changed) {
      this.#sources = sources;
      this.#protocols = [...made, ...this.#shipped];
      this.#vocabulary = undefined;
    }
    return { changed, problems };
  }

  summaries(): ProtocolSummary[] {
    return this.#protocols.map((p) => this.#summary(p));
  }

  /** @throws EngineError `unknown-protocol` */
  describe(id: string): ProtocolDescription {
    const protocol = this.#protocols.find((p) => p.id === id);
    if (protocol === undefined) {
      const known = this.#protocols.map((p) => p.id).join(', ');
      throw new EngineError('unknown-protocol', `There is no protocol ${id}. Known: ${known}.`);
    }
    return {
      ...this.#summary(protocol),
      markdown: markdownOf(protocol),
      messageList: protocol.messages.map((m) => ({
        name: m.name,
        ...(m.id === undefined ? {} : { id: m.id }),
        direction: m.direction,
        ...(m.group === undefined ? {} : { group: m.group }),
        ...(m.meta?.label === undefined ? {} : { title: m.meta.label }),
        ...(m.meta?.doc === undefined ? {} : { doc: m.meta.doc }),
      })),
    };
  }

  #summary(p: Protocol): ProtocolSummary {
    const file = this.#files.get(p.id);
    return {
      id: p.id,
      title: p.title,
      transports: p.transports,
      ports: p.ports,
      options: p.options,
      messages: p.messages.length,
      ...(file === undefined ? {} : { file }),
    };
  }
}

/** A protocol told as a page: what it is, every message, every field. */
export function markdownOf(protocol: Protocol): string {
  const lines = [`# ${protocol.title}`, ''];
  if (protocol.doc !== undefined) lines.push(protocol.doc, '');
  if (protocol.ports.length > 0) {
    lines.push(`Ports: ${protocol.ports.map((p) => `${p.port} (${p.role ?? p.transport})`).join(', ')}`, '');
  }
  for (const option of protocol.options) {
    const values = option.values === undefined ? '' : ` One of ${option.values.join(', ')}.`;
    lines.push(`- Option \`${option.name}\`: ${option.doc}${values} Default \`${option.default}\`.`);
  }
  if (protocol.options.length > 0) lines.push('');
  const groups = new Map<string, typeof protocol.messages>();
  for (const message of protocol.messages) {
    const group = message.group ?? '';
    groups.set(group, [...(groups.get(group) ?? []), message]);
  }
  for (const [group, messages] of groups) {
    if (group !== '') lines.push(`## ${group}`, '');
    for (const message of messages) {
      const way = { toServer: 'to server', toClient: 'to client', both: 'both ways' }[message.direction];
      const number = message.id === undefined ? '' : ` (${message.id})`;
      lines.push(`### ${message.name}${number}`, '', `_${way}_`, '');
      if (message.meta?.doc !== undefined) lines.push(message.meta.doc, '');
      lines.push(describeFields(message.node));
    }
  }
  return lines.join('\n');
}
