/**
 * Colour marks in game text → runs a page can show. Known: `muddery` (`{r` red … `{n` plain, `{/` new line, `{-` tab, `{_` blank, `{{` a
 * brace). Colours are roles of the theme, so that they stay readable on every ground.
 */
export type Tint = 'plain' | 'problem' | 'ok' | 'warning' | 'accent' | 'injected' | 'edited' | 'muted';

export interface Run {
  readonly text: string;
  readonly tint: Tint;
}

const TINTS: Readonly<Record<string, Tint>> = {
  r: 'problem',
  g: 'ok',
  y: 'warning',
  b: 'accent',
  m: 'injected',
  c: 'edited',
  w: 'plain',
  x: 'muted',
  n: 'plain',
};
const CHARACTERS: Readonly<Record<string, string>> = { '/': '\n', '-': '\t', _: ' ', '{': '{' };

/** Undefined when the text has no marks: there is nothing to render. */
export function richText(text: string, markup: string | undefined): readonly Run[] | undefined {
  if (markup !== 'muddery' || !/\{[a-zA-Z/\-_{]/.test(text)) return undefined;
  const runs: Run[] = [];
  let tint: Tint = 'plain';
  let pending = '';
  const flush = (): void => {
    if (pending !== '') runs.push({ text: pending, tint });
    pending = '';
  };
  for (let i = 0; i < text.length; i++) {
    const code = text[i] === '{' ? text[i + 1] : undefined;
    const next = code === undefined ? undefined : TINTS[code.toLowerCase()];
    const character = code === undefined ? undefined : CHARACTERS[code];
    if (next !== undefined) {
      flush();
      tint = next;
      i++;
    } else if (character !== undefined) {
      pending += character;
      i++;
    } else pending += text[i];
  }
  flush();
  return runs;
}
