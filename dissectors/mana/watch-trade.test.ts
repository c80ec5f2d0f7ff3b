import { expect, test } from 'vitest';
import { TradeWatch } from './watch-trade.ts';

type Said = readonly [name: string, fields?: Readonly<Record<string, unknown>>];

const items = (slot: number, itemId: number, amount?: number): Record<string, unknown> => ({
  items: [{ slot, itemId, ...(amount === undefined ? {} : { amount }) }],
});
const BEGIN: readonly Said[] = [
  ['GPMSG_INVENTORY_FULL', items(1, 500, 4)],
  ['GPMSG_TRADE_START'],
  ['PGMSG_TRADE_ADD_ITEM', { slot: 1, amount: 4 }],
];
const AGREE: readonly Said[] = [['PGMSG_TRADE_CONFIRM'], ['PGMSG_TRADE_AGREED'], ['GPMSG_TRADE_AGREED']];

function codes(...said: readonly Said[]): (string | undefined)[] {
  const watch = new TradeWatch();
  return said.flatMap(([name, fields = {}]) => watch.see(name, fields)).map(({ code }) => code);
}

test('a trade of what was dropped meanwhile is an error', () => {
  expect(codes(...BEGIN, ['GPMSG_INVENTORY', items(1, 500, 2)], ...AGREE, ['GPMSG_TRADE_COMPLETE'])).toEqual([
    'trade-gone',
  ]);
});

test('a trade of what is there is none, whether the goods leave before the end is told or after', () => {
  expect(codes(...BEGIN, ...AGREE, ['GPMSG_INVENTORY', items(1, 0)], ['GPMSG_TRADE_COMPLETE'])).toEqual([]);
  expect(codes(...BEGIN, ...AGREE, ['GPMSG_TRADE_COMPLETE'], ['GPMSG_INVENTORY', items(1, 0)])).toEqual([]);
});

test('what could not be laid out, or was laid out of an inventory nobody saw, is not missed', () => {
  const much: Said = ['PGMSG_TRADE_ADD_ITEM', { slot: 1, amount: 5 }];
  expect(
    codes(...BEGIN.slice(0, 2), much, ['GPMSG_INVENTORY', items(1, 0)], ...AGREE, ['GPMSG_TRADE_COMPLETE']),
  ).toEqual([]);
  expect(codes(...BEGIN.slice(1), ...AGREE, ['GPMSG_TRADE_COMPLETE'])).toEqual([]);
});
