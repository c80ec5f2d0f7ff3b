import { expect, test } from 'vitest';
import { describeProtocols } from '../core/protocol/describe-protocol.ts';
import { protocols } from './index.ts';

test('docs/protocols.md says what the schemas say', async () => {
  const page = describeProtocols(protocols);
  expect(protocols.length).toBeGreaterThan(4);
  await expect(page).toMatchFileSnapshot('../docs/protocols.md');
});
