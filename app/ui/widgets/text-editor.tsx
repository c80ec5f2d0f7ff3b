/** A plain text editor with line numbers and problems marked where they are. */
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { forceLinting, linter, type Diagnostic } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { editorLook, editorNonce } from './editor-look.ts';

export interface TextEditorProps {
  readonly label: string;
  readonly value: string;
  readonly problems: readonly { readonly line: number; readonly column: number; readonly message: string }[];
  onChange(value: string): void;
}

export function TextEditor({ label, value, problems, onChange }: TextEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ problems, onChange, value });
  latest.current = { problems, onChange, value };
  useEffect(() => {
    if (host.current === null) return undefined;
    const marks = linter((editor): readonly Diagnostic[] =>
      latest.current.problems.map((problem) => {
        const line = editor.state.doc.line(Math.min(Math.max(1, problem.line), editor.state.doc.lines));
        const from = Math.min(line.to, line.from + Math.max(0, problem.column - 1));
        return { from, to: Math.max(from, line.to), severity: 'error', message: problem.message };
      }),
    );
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          EditorView.cspNonce.of(editorNonce()),
          EditorView.contentAttributes.of({ 'aria-label': label }),
          lineNumbers(),
          history(),
          marks,
          editorLook,
          keymap.of([...defaultKeymap, ...historyKeymap]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, [label]);
  useEffect(() => {
    if (view.current !== null) forceLinting(view.current);
  }, [problems]);
  return <div className="json-editor" ref={host} />;
}
