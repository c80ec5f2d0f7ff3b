/** YAML with the place of every problem: what is wrong is told by line and column of the text someone wrote. */
import { type Document, isMap, isNode, isPair, isSeq, LineCounter, parseDocument } from 'yaml';
import type { TextProblem } from '../contract/verbs.ts';
import { parsePath } from '../schema/path.ts';
import type { Check } from './arguments.ts';

export interface YamlText {
  /** The plain value; undefined when the text is no YAML. */
  readonly value: unknown;
  readonly problems: readonly TextProblem[];
  /** Where a path of the value stands, or the nearest part of it. */
  locate(path: string): { readonly line: number; readonly column: number };
}

const MAX_ALIASES = 100;

export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true });
  const problems = [...document.errors, ...document.warnings].map((error): TextProblem => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { line, column: col, message: error.message };
  });
  let value: unknown;
  if (problems.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
    } catch (error) {
      problems.push({ line: 1, column: 1, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return {
    value,
    problems,
    locate: (path) => {
      const at = offsetOf(document, path);
      const { line, col } = lines.linePos(at);
      return { line: Math.max(1, line), column: Math.max(1, col) };
    },
  };
}

/** Runs a check over a value of the text; a problem comes with its place. @param at path of the value within the text */
export function checkYaml(yaml: YamlText, value: unknown, check: Check, at: string): TextProblem[] {
  const problem = check(value, at);
  if (problem === undefined) return [];
  const path = /^`([^`]*)`/.exec(problem)?.[1] ?? at;
  return [{ ...yaml.locate(path), message: `${problem}.` }];
}

function offsetOf(document: Document, path: string): number {
  let here: unknown = document.contents;
  let offset = isNode(here) ? (here.range?.[0] ?? 0) : 0;
  let segments: (string | number)[];
  try {
    segments = parsePath(path);
  } catch {
    return offset;
  }
  for (const segment of segments) {
    if (isMap(here)) {
      const pair = here.items.find((item) => isPair(item) && String(item.key) === String(segment));
      if (pair === undefined) return offset;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      here = pair.value;
    } else if (isSeq(here) && typeof segment === 'number') {
      here = here.items[segment];
      if (isNode(here)) offset = here.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}
