/** A text that clients chose and say again later, another one from its first place on: what the server makes of it comes back. */
import { lastName, leavesOf, metaAt } from '../replay/leaves.ts';
import { formatPath, setPath } from '../schema/path.ts';
import { around, mutated, type Mutation, sendAt, withValue } from './mutation.ts';
import type { Seed, SeedMessage } from './seed.ts';
import { isSend, type Script, type Step } from './script.ts';

const KINDS: readonly (readonly [name: string, doc: string, change: (text: string) => string])[] = [
  [
    'accents',
    'in letters beyond ASCII',
    (text) =>
      [...text]
        .map((char) => ACCENTS[char] ?? char)
        .join('')
        .replace(/\p{L}$/u, 'é'),
  ],
  ['wide', 'with letters of three and four bytes', (text) => `${[...text].slice(0, -2).join('')}漢😀`],
  ['markup', 'with quotes and markup', (text) => `${text.slice(0, 2)}"'<b>%s\\`],
  ['longer', 'twelve times as long', (text) => text.repeat(12)],
];
/** What is another text in each run stays in it, so that runs do not meet. */
const ADDED: typeof KINDS = [
  ['accents', 'with a letter beyond ASCII', (text) => `${text}é`],
  ['wide', 'with letters of three and four bytes', (text) => `${text}漢😀`],
  ['markup', 'with quotes and markup', (text) => `${text}"'<b>%s\\`],
  ['longer', 'twelve times as long', (text) => text.repeat(12)],
];
const ACCENTS: Readonly<Record<string, string>> = {
  a: 'ä',
  e: 'ë',
  i: 'ï',
  o: 'ö',
  u: 'ü',
  n: 'ñ',
  c: 'ç',
  A: 'Ä',
  O: 'Ö',
};
/** Texts of one message. */
const MOST = 4;
const MANY = 400;

export function* everywhereMutations(seed: Seed, at: SeedMessage): Generator<Mutation> {
  if (at.index > 0) return;
  let count = 0;
  for (const { path, value } of leavesOf(at.message.fields)) {
    if (typeof value !== 'string' || value.length < 3 || value.length > 200 || count >= MOST) continue;
    // Who logs in by another name than the rest of the case says is somebody else.
    const isOwn = seed.scene.identities.includes(value);
    if ((isOwn && hasSecret(at)) || !isFirstOfMany(seed, at, value)) continue;
    count += 1;
    const field = formatPath(path);
    for (const [name, doc, change] of isOwn ? ADDED : KINDS) {
      yield {
        id: `${at.frame.n}:@everywhere-${field}-${name}`,
        family: 'field',
        message: at.name,
        field,
        name: `everywhere-${name}`,
        doc: `The ${field} ${doc}, here and wherever it is said later.`,
        n: at.frame.n,
        step: at.step,
        make: (made, how) => {
          const text = change(value);
          const bytes = text === value ? undefined : withValue(made, at, path, text);
          if (bytes === undefined) return undefined;
          const { script, focus } = around(made, at.step, [mutated(sendAt(made, at.step), { bytes })], how, {
            tail: MANY,
          });
          return { script: renamed(made, script, focus[0] ?? 0, value, text), focus };
        },
      };
    }
  }
}

function hasSecret({ message }: SeedMessage): boolean {
  return leavesOf(message.fields).some(({ path, value }) => {
    if (value === '' || value === null) return false;
    const { role, secret } = metaAt(message.spec?.node, path);
    return role === 'password' || secret === true || /^pass(?:word|wd)?$/i.test(lastName(path));
  });
}

function isFirstOfMany(seed: Seed, at: SeedMessage, value: string): boolean {
  const uses = seed.messages.filter(({ message }) => leavesOf(message.fields).some((leaf) => leaf.value === value));
  return uses.length > 1 && uses[0]?.frame.n === at.frame.n;
}

function renamed(seed: Seed, { steps }: Script, from: number, value: string, text: string): Script {
  return {
    steps: steps.map((step, i): Step => {
      if (i <= from || !isSend(step)) return step;
      const later = seed.messages.find(({ frame, index }) => frame.n === step.n && index === 0);
      const bytes = later === undefined ? undefined : rewritten(seed, later, value, text);
      return bytes === undefined ? step : mutated(step, { bytes });
    }),
  };
}

function rewritten(seed: Seed, at: SeedMessage, value: string, text: string): Uint8Array | undefined {
  const places = leavesOf(at.message.fields).filter((leaf) => leaf.value === value);
  const [first, ...rest] = places;
  if (first === undefined) return undefined;
  let { fields } = at.message;
  for (const { path } of rest) fields = setPath(fields, path, text);
  return withValue(seed, { ...at, message: { ...at.message, fields } }, first.path, text);
}
