/** The fields as JSON. Text typed here becomes the fields as soon as it can be read; fields changed elsewhere become text. */
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { linter, type Diagnostic } from '@codemirror/lint';
import { Compartment, EditorState, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, keymap, lineNumbers, WidgetType } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { editorLook, editorNonce } from '../widgets/editor-look.ts';

const setOriginal = StateEffect.define<ReadonlySet<string>>();

/** Lines that the original text does not have. */
const changedLines = StateField.define<{ readonly original: ReadonlySet<string>; readonly marks: DecorationSet }>({
  create: () => ({ original: new Set(), marks: Decoration.none }),
  update(value, transaction) {
    let { original } = value;
    for (const effect of transaction.effects) if (effect.is(setOriginal)) original = effect.value;
    if (original === value.original && !transaction.docChanged) return value;
    const marks = [];
    for (let i = 1; i <= transaction.state.doc.lines && original.size > 0; i++) {
      const line = transaction.state.doc.line(i);
      if (!original.has(plainLine(line.text))) marks.push(Decoration.line({ class: 'cm-changed' }).range(line.from));
    }
    return { original, marks: Decoration.set(marks) };
  },
  provide: (field) => EditorView.decorations.from(field, (value) => value.marks),
});

const setHidden = StateEffect.define<readonly string[]>();

class Dots extends WidgetType {
  override eq(): boolean {
    return true;
  }
  toDOM(): HTMLElement {
    const dots = document.createElement('span');
    dots.textContent = '"••••••"';
    return dots;
  }
}
const DOTS = Decoration.replace({ widget: new Dots() });

/** Secrets that were not asked for. */
const hiddenTexts = StateField.define<{ readonly texts: readonly string[]; readonly marks: DecorationSet }>({
  create: () => ({ texts: [], marks: Decoration.none }),
  update(value, transaction) {
    let { texts } = value;
    for (const effect of transaction.effects) if (effect.is(setHidden)) texts = effect.value;
    if (texts === value.texts && !transaction.docChanged) return value;
    const text = transaction.state.doc.toString();
    const marks = texts.flatMap((secret) => {
      const found = [];
      for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + secret.length))
        found.push(DOTS.range(at, at + secret.length));
      return found;
    });
    return { texts, marks: Decoration.set(marks, true) };
  },
  provide: (field) => EditorView.decorations.from(field, (value) => value.marks),
});

const plainLine = (text: string): string => text.trim().replace(/,$/, '');

const colors = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--muted)' },
  { tag: [tags.string, tags.number, tags.bool, tags.null], color: 'var(--fg)' },
  { tag: tags.punctuation, color: 'var(--muted)' },
]);

const check = linter((view): readonly Diagnostic[] => {
  const text = view.state.doc.toString();
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = Math.min(Number(/position (\d+)/.exec(message)?.[1] ?? text.length), text.length);
    return [
      {
        from: Math.max(0, Math.min(at, text.length - 1)),
        to: Math.max(at, Math.min(text.length, 1)),
        severity: 'error',
        message,
      },
    ];
  }
});

export interface JsonEditorProps {
  readonly value: unknown;
  readonly original: unknown;
  readonly label: string;
  readonly isReadOnly?: boolean;
  /** Texts shown as dots, as they are written in the JSON. */
  readonly hidden?: readonly string[];
  readonly onChange: (value: unknown) => void;
}

export function JsonEditor({ value, original, label, isReadOnly = false, hidden, onChange }: JsonEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const known = useRef('');
  const report = useRef(onChange);
  report.current = onChange;

  useEffect(() => {
    if (host.current === null) return undefined;
    const readOnly = new Compartment();
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        extensions: [
          EditorView.cspNonce.of(editorNonce()),
          EditorView.contentAttributes.of({ 'aria-label': label }),
          lineNumbers(),
          history(),
          json(),
          syntaxHighlighting(colors),
          check,
          editorLook,
          changedLines,
          hiddenTexts,
          readOnly.of(EditorState.readOnly.of(isReadOnly)),
          // Without Tab: whoever uses the keyboard must get out again.
          keymap.of([...defaultKeymap, ...historyKeymap]),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return;
            const text = update.state.doc.toString();
            if (text === known.current) return;
            known.current = text;
            try {
              report.current(JSON.parse(text));
            } catch {
              // The remark below the line says where; the fields stay as they were.
            }
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, [label, isReadOnly]);

  // Before the text that is to be hidden.
  useEffect(() => view.current?.dispatch({ effects: setHidden.of(hidden ?? []) }), [hidden]);
  useEffect(() => {
    const editor = view.current;
    if (editor === null) return;
    const text = pretty(value);
    if (sameValue(known.current, value)) return;
    known.current = text;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [value]);
  useEffect(() => {
    const lines = original === undefined ? [] : pretty(original).split('\n').map(plainLine);
    view.current?.dispatch({ effects: setOriginal.of(new Set(lines)) });
  }, [original]);

  return <div className="json-editor" ref={host} />;
}

/** Like JSON.stringify with two spaces, but short lists of plain values stay on one line. */
export function pretty(value: unknown): string {
  const text = JSON.stringify(value, null, 2) ?? '';
  return text.replaceAll(/\[\n\s+((?:[^[\]{}\n]+\n\s+)*[^[\]{}\n]+)\n\s+\]/g, (whole, inner: string) => {
    const line = `[${inner.split(/\n\s+/).join(' ')}]`;
    return line.length <= 64 ? line : whole;
  });
}

function sameValue(text: string, value: unknown): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(value);
  } catch {
    return false;
  }
}
