import { expect, test } from 'vitest';
import { asciiOf, bytesFromHex, cArray, hexOf, parseHexText } from './bytes.ts';
import { byteCount, clockTime, delta, grouped, milliseconds, percent, seconds } from './number.ts';
import { languageOf, middleCut, oneLine, summaryParts } from './text.ts';

test('thousands are set apart by a thin space, signs are true minus signs', () => {
  expect(grouped(84_105)).toBe('84\u2009105');
  expect(grouped(999)).toBe('999');
  expect(grouped(-1_234_567)).toBe('−1\u2009234\u2009567');
  expect(grouped(12_345.5)).toBe('12\u2009345.5');
});

test('times are seconds with microseconds, differences are empty when they round to nothing', () => {
  expect(seconds(161.204118)).toBe('161.204\u2009118');
  expect(seconds(-0.5)).toBe('−0.500\u2009000');
  expect(delta(0.000_02)).toBe('');
  expect(delta(0.001)).toBe('+1.0 ms');
  expect(delta(0.254)).toBe('+254 ms');
  expect(milliseconds(12_400)).toBe('12.4 s');
  expect(milliseconds(Number.NaN)).toBe('');
  expect(clockTime(174)).toBe('02:54');
  expect(clockTime(3761)).toBe('1:02:41');
});

test('bytes and shares are short', () => {
  expect(byteCount(9999)).toBe('9\u2009999 B');
  expect(byteCount(41_200_000)).toBe('41.2 MB');
  expect(percent(0.004)).toBe('0.4 %');
  expect(percent(0.87)).toBe('87 %');
});

test('control and direction characters cannot change a line', () => {
  expect(oneLine('a\nb\u0000c')).toBe('a⏎b␀c');
  expect(oneLine('\u202egnp.exe')).toBe('·gnp.exe');
  expect(oneLine('x\ud800y')).toBe('x\ufffdy');
  expect(oneLine('plain')).toBe('plain');
  expect(oneLine('勇者 👨‍👩‍👧')).toBe('勇者 👨‍👩‍👧');
});

test('the script of a text tells its language where it can', () => {
  expect(languageOf('勇者「アキラ」')).toBe('ja');
  expect(languageOf('你好，世界')).toBe('zh');
  expect(languageOf('안녕')).toBe('ko');
  expect(languageOf('“Alice” · ok')).toBeUndefined();
});

test('names in a summary step back behind their values, sentences do not', () => {
  expect(summaryParts('actor 1 · pai 4p')).toEqual([
    { text: 'actor', isKey: true },
    { text: ' 1 · ', isKey: false },
    { text: 'pai', isKey: true },
    { text: ' 4p', isKey: false },
  ]);
  expect(summaryParts('Can not find the object.').every((part) => !part.isKey)).toBe(true);
});

test('ids lose their middle, not their ends', () => {
  expect(middleCut('abcdefghijkl', 7)).toBe('abc…jkl');
  expect(middleCut('short', 7)).toBe('short');
});

test('hex goes both ways, and what is not hex is told by place', () => {
  expect(hexOf(bytesFromHex('0280ff'), ' ')).toBe('02 80 ff');
  expect(parseHexText('02 80,0xff')).toEqual({ hex: '0280ff' });
  expect(parseHexText('02 8g')).toEqual({ problem: 'digit', at: 4 });
  expect(parseHexText('02 8')).toEqual({ problem: 'odd', at: 4 });
  expect(cArray(bytesFromHex('0102'))).toBe('{\n  0x01, 0x02\n}');
  expect(asciiOf(0x41) + asciiOf(0x00) + asciiOf(0x7f)).toBe('A··');
});
