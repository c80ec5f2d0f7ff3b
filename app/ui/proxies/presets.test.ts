import { expect, test } from 'vitest';
import { freeName, isEndpointUrl, needsUpstream, PRESETS, shortEndpoint } from './presets.ts';
import { targets } from '../replay/replay-service.ts';

test('every preset is a proxy that could be started', () => {
  expect(PRESETS).toHaveLength(5);
  for (const { spec } of PRESETS) {
    expect(isEndpointUrl(spec.listen), spec.name).toBe(true);
    expect(isEndpointUrl(spec.upstream ?? ''), spec.name).toBe(true);
  }
});

test('endpoints are URLs with a scheme we know and a port', () => {
  for (const good of ['tcp://127.0.0.1:7000', 'ws://localhost:8001/path', 'enet://[::1]:9601', 'socks5://127.0.0.1:0'])
    expect(isEndpointUrl(good), good).toBe(true);
  for (const bad of ['', '127.0.0.1:7000', 'ftp://127.0.0.1:21', 'tcp://127.0.0.1', 'tcp://:7000'])
    expect(isEndpointUrl(bad), bad).toBe(false);
  expect(needsUpstream('socks5://127.0.0.1:1080')).toBe(false);
});

test('addresses are short where nothing is lost', () => {
  expect(shortEndpoint('enet://127.0.0.1:9701', true)).toBe(':9701');
  expect(shortEndpoint('ws://10.0.0.5:80/', true)).toBe('10.0.0.5:80');
  expect(freeName('mana', ['mana', 'mana-2'])).toBe('mana-3');
});

test('a replay goes to one server, or to one per recorded server', () => {
  expect(targets('ws://127.0.0.1:8001\n')).toBe('ws://127.0.0.1:8001');
  expect(targets('127.0.0.1:9601 = enet://127.0.0.1:1\n127.0.0.1:9604 = enet://127.0.0.1:2')).toEqual({
    '127.0.0.1:9601': 'enet://127.0.0.1:1',
    '127.0.0.1:9604': 'enet://127.0.0.1:2',
  });
});
