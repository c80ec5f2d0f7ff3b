/**
 * Runs the conformance kit over every registered protocol. CONFORMANCE_INPUTS=100000 makes it a long run of that many
 * random and damaged inputs per protocol; CONFORMANCE_ONLY=id limits it to one protocol.
 */
import { describe, expect, test } from 'vitest';
import { protocols } from '../../dissectors/index.ts';
import { checksOf } from './conformance.ts';

const inputs = Number(process.env['CONFORMANCE_INPUTS'] ?? 0);
const only = process.env['CONFORMANCE_ONLY'];
const chosen = protocols.filter((protocol) => only === undefined || protocol.id === only);

test('the list of protocols is not empty and ids are unique', () => {
  expect(chosen.length).toBeGreaterThan(0);
  expect(new Set(protocols.map((protocol) => protocol.id)).size).toBe(protocols.length);
});

for (const protocol of chosen) {
  describe(`protocol ${protocol.id}`, () => {
    const checks = checksOf(protocol, {
      among: protocols,
      clock: () => performance.now(),
      ...(inputs > 0 ? { inputs } : {}),
    });
    for (const check of checks) test(check.name, { timeout: inputs > 0 ? 3_600_000 : 60_000 }, () => check.run());
  });
}
