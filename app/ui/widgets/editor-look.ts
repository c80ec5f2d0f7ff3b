/** How CodeMirror looks here: tokens only, and style elements that the content policy lets through. */
import { EditorView } from '@codemirror/view';

/** Style elements of the editor carry the page's nonce; without it the content policy refuses them. */
export function editorNonce(): string {
  return document.querySelector('meta[name="style-nonce"]')?.getAttribute('content') ?? '';
}

export const editorLook = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--bg)', color: 'var(--fg)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { font: '12px/18px var(--mono)', fontVariantLigatures: 'none' },
  '.cm-gutters': { backgroundColor: 'var(--bg)', color: 'var(--faint)', border: 'none' },
  '.cm-activeLineGutter': { backgroundColor: 'var(--hover)' },
  '.cm-cursor': { borderLeftColor: 'var(--fg)' },
  '.cm-changed': { backgroundColor: 'var(--edited-tint)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--selected)' },
  '.cm-matchingBracket': { backgroundColor: 'var(--selected-idle)', color: 'inherit' },
  '.cm-tooltip': { backgroundColor: 'var(--raised)', border: '1px solid var(--border)', color: 'var(--fg)' },
  '.cm-lintRange-error': { textDecoration: 'underline wavy var(--problem)', backgroundImage: 'none' },
});
