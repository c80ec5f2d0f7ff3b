import { expect, test } from 'vitest';
import { PINNED } from '../strip/strip-scale.ts';
import { chartSvg } from './chart-svg.ts';
import { scopeFilter } from './scope.ts';

test('filter and time window together are one filter', () => {
  expect(scopeFilter({ filter: '' })).toBe('');
  expect(scopeFilter({ filter: 'mana or fco' })).toBe('mana or fco');
  expect(scopeFilter({ filter: 'mana or fco', window: [1, 2.5] })).toBe(
    '(mana or fco) and frame.time >= 1.000000 and frame.time <= 2.500000',
  );
  expect(scopeFilter({ filter: '', window: [1, PINNED] })).toBe('frame.time >= 1.000000');
});

const picture = {
  title: 'y <over> time',
  unit: 'px',
  background: 'white',
  text: 'black',
  faint: 'grey',
  line: 'silver',
};

test('a saved picture is well-formed, whatever the names and values', () => {
  const svg = chartSvg({
    ...picture,
    series: [{ name: 'a & "b"', time: [0, 1, 2], value: [5, -3, 8], color: 'blue' }],
  });
  expect(svg).toContain('y &lt;over&gt; time');
  expect(svg).toContain('a &amp; &quot;b&quot;');
  expect(svg.match(/<polyline points="([^"]+)"/)?.[1]?.split(' ')).toHaveLength(3);
  expect(svg).not.toContain('NaN');
});

test('a flat or empty series is drawn, not divided by zero', () => {
  expect(chartSvg({ ...picture, series: [] })).not.toContain('NaN');
  expect(chartSvg({ ...picture, series: [{ name: 'a', time: [1], value: [4], color: 'blue' }] })).not.toMatch(
    /NaN|Infinity/,
  );
});
