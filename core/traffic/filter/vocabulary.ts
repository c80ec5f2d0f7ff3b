/** The words a filter may use beyond the properties: what the loaded protocols say. Built once from their descriptions. */

export interface VocabularyField {
  /** Path from the message's fields, lists without index: `beings.destination.x`. */
  readonly path: string;
  readonly type: string;
  readonly unit?: string;
  readonly doc?: string;
  /** Value → name. */
  readonly names?: Readonly<Record<string, string>>;
  /** Fixed values it may have. */
  readonly values?: readonly string[];
}

export interface VocabularyMessage {
  readonly protocol: string;
  readonly name: string;
  readonly doc?: string;
  readonly fields: readonly VocabularyField[];
}

export interface Vocabulary {
  readonly protocols: ReadonlySet<string>;
  /** Message name → the messages of that name. */
  readonly messages: ReadonlyMap<string, readonly VocabularyMessage[]>;
  /** Field path → its descriptions over all messages. */
  readonly fields: ReadonlyMap<string, readonly VocabularyField[]>;
  /** First segments of field paths. */
  readonly roots: ReadonlySet<string>;
}

export function createVocabulary(protocols: Iterable<string>, messages: Iterable<VocabularyMessage>): Vocabulary {
  const byName = new Map<string, VocabularyMessage[]>();
  const fields = new Map<string, VocabularyField[]>();
  const roots = new Set<string>();
  for (const message of messages) {
    const list = byName.get(message.name);
    if (list === undefined) byName.set(message.name, [message]);
    else list.push(message);
    for (const field of message.fields) {
      const same = fields.get(field.path);
      if (same === undefined) fields.set(field.path, [field]);
      else same.push(field);
      roots.add(/^[^.[]*/.exec(field.path)![0]);
    }
  }
  return { protocols: new Set(protocols), messages: byName, fields, roots };
}

export const EMPTY_VOCABULARY: Vocabulary = createVocabulary([], []);

/** The number behind an enumeration's name, if some field of that path has it: `action == ATTACK`. */
export function valueOfName(vocabulary: Vocabulary, path: string, name: string): string | undefined {
  const plain = path.replaceAll(/\[[^\]]*\]/g, '');
  for (const field of vocabulary.fields.get(plain) ?? []) {
    for (const [value, label] of Object.entries(field.names ?? {})) if (label === name) return value;
  }
  return undefined;
}
