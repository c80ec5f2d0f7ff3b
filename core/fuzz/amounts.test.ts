import { expect, test } from 'vitest';
import { protocols } from '../../dissectors/index.ts';
import { negativeAmounts } from './amounts.ts';

const fco = protocols.find(({ id }) => id === 'fco')!;

function remarks(text: string): string[] {
  const link = { serverPort: 8001 } as Parameters<typeof fco.start>[0];
  const { messages } = fco.dissect(new TextEncoder().encode(text), 'toClient', fco.start(link, {}) as never);
  return messages.flatMap(negativeAmounts).map((info) => info.text);
}

test('an amount below zero in what a server says is remarked on; other numbers may be negative', () => {
  expect(remarks('{"command":221,"unique_id":-1,"hp":90,"status":0,"damage_value":-40}')).toEqual([
    'damage_value is below zero: -40',
  ]);
  expect(remarks('{"command":221,"unique_id":-1,"hp":90,"status":0,"damage_value":40}')).toEqual([]);
});
