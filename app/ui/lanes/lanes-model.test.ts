import { expect, test } from 'vitest';
import { MOST_LANES, planLanes } from './lanes-model.ts';

const names = { client: (n: number): string => `Client ${n}` };
const connection = (id: number, port: number, journey?: number) => ({
  id,
  protocol: 'mana',
  role: '',
  proxy: 'p',
  client: { address: '127.0.0.1', port: 50_000 + id },
  server: { address: '127.0.0.1', port },
  ...(journey === undefined ? {} : { journey }),
});

test('by client, the connections of one journey share a lane', () => {
  const plan = planLanes([connection(1, 9601, 1), connection(2, 9604, 1), connection(3, 9604, 2)], 'client', names);
  expect(plan.lanes.filter((lane) => lane.kind === 'client').map((lane) => [lane.title, lane.sub])).toEqual([
    ['Client 1', 'c1, c2'],
    ['Client 2', 'c3'],
  ]);
  expect(plan.ends.get(1)?.[0]).toBe(plan.ends.get(2)?.[0]);
  expect(plan.lanes.filter((lane) => lane.kind === 'server')).toHaveLength(2);
});

test('a client is called what it calls itself on any of its connections, or by its address', () => {
  const far = { ...connection(4, 9604, 3), client: { address: '192.0.2.7', port: 5 } };
  const named = { ...connection(2, 9604, 1), clientName: '千鳥' };
  const plan = planLanes([connection(1, 9601, 1), named, connection(3, 9604, 2), far], 'client', names);
  expect(plan.lanes.filter((lane) => lane.kind === 'client').map((lane) => [lane.title, lane.sub])).toEqual([
    ['千鳥', 'c1, c2'],
    ['Client 2', 'c3'],
    ['192.0.2.7', 'c4'],
  ]);
});

test('by connection, each has a lane of its own', () => {
  const plan = planLanes([connection(1, 9601, 1), connection(2, 9604, 1)], 'connection', names);
  expect(plan.lanes.filter((lane) => lane.kind === 'client').map((lane) => lane.title)).toEqual(['c1', 'c2']);
});

test('lanes stand in order, inside the page, and are never too many to tell apart', () => {
  const plan = planLanes(
    Array.from({ length: 60 }, (_, i) => connection(i + 1, 9000 + i)),
    'connection',
    names,
  );
  expect(plan.lanes.length).toBeLessThanOrEqual(MOST_LANES + 1);
  const xs = plan.lanes.map((lane) => lane.x);
  expect(xs).toEqual([...xs].sort((a, b) => a - b));
  expect(xs.every((x) => x > 0 && x < 1)).toBe(true);
});
