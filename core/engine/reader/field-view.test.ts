import { expect, test } from 'vitest';
import * as b from '../../schema/builders.ts';
import { decode } from '../../schema/decode.ts';
import { form } from '../../schema/form.ts';
import { maskSecrets, treeOf } from './field-view.ts';

const LENGTH = b.prefix(b.u16be());
const node = b.struct({ name: b.text(LENGTH), password: b.text(LENGTH, { secret: true }) });
const bytes = Uint8Array.from([0, 3, ...new TextEncoder().encode('ann'), 0, 6, ...new TextEncoder().encode('kitsun')]);

test('a secret with its length beside it is masked in the tree and in the fields', () => {
  const { value, tree } = decode(node, bytes, { tree: true });
  if (tree === undefined) expect.unreachable();
  const shown = JSON.stringify(treeOf(tree, { revealSecrets: false, expert: [] }));
  expect(shown).toContain('ann');
  expect(shown).not.toContain('kitsun');
  expect(JSON.stringify(maskSecrets(value, tree))).toBe('{"name":"ann","password":"••••••"}');
  expect(JSON.stringify(treeOf(tree, { revealSecrets: true, expert: [] }))).toContain('kitsun');
});

test('a form says where the length in front of a text is, for those who want to lie about it', () => {
  const control = form(node, { name: 'ann', password: 'kitsun' });
  const measures = control.control === 'group' ? control.children.map((child) => child.measure) : [];
  expect(measures).toEqual(['name.#length', 'password.#length']);
});
