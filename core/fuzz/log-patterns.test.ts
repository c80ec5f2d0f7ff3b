import { expect, test } from 'vitest';
import { crashSignature, errorLine, isAlarming } from './log-patterns.ts';

test.each([
  'Traceback (most recent call last):',
  'panic: runtime error: index out of range [5] with length 3',
  "thread 'main' panicked at src/main.rs:4:5:",
  '==1234==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000010',
  'server.c:12:3: runtime error: signed integer overflow',
  'Segmentation fault (core dumped)',
  'Exception in thread "main" java.lang.NullPointerException',
  '\tat com.example.Game.run(Game.java:42)',
  '    at handle (/srv/game/server.js:10:5)',
  'Assertion `size > 0` failed.',
])('"%s" is alarming', (line) => {
  expect(isAlarming(line)).toBe(true);
});

test.each([
  'refused: Name is not valid',
  'player 3 has gone',
  'error 12 sent to client',
  'ready game tcp://127.0.0.1:1',
])('"%s" is not', (line) => {
  expect(isAlarming(line)).toBe(false);
});

test('the same crash has the same signature, whatever the values in it', () => {
  const crash = (what: string, size: number): string[] => [
    `TypeError: Cannot read properties of ${what} (reading 'length')`,
    `    at handle (/srv/server.js:10:5)`,
    `RangeError: Invalid typed array length: ${size}`,
  ];
  expect(crashSignature(crash('null', 1))).toBe(crashSignature(crash('undefined', 99)));
  expect(crashSignature(['TypeError: x is no function', '    at buy (/srv/a.js:1:1)'])).not.toBe(
    crashSignature(['TypeError: x is no function', '    at sell (/srv/a.js:9:1)']),
  );
  expect(crashSignature(['all is well'])).toBe('');
});

test('the words of the error are shown, not those of npm about it', () => {
  expect(errorLine(['npm error code 1: Error: it failed', 'TypeError: boom', 'at x'])).toBe('TypeError: boom');
});

test('an error the program made up is one crash by where it came from, whatever it says', () => {
  const crash = (words: string, by: string): string[] => [
    '/srv/refusal.js:8',
    `Refusal: ${words}`,
    '    at refuse (/srv/refusal.js:8:9)',
    `    at World.${by} (/srv/world.js:${words.length}:14)`,
    '    at process.processImmediate (node:internal/timers:485:21)',
  ];
  expect(crashSignature(crash('nobody is here', 'say'))).toBe(crashSignature(crash('no such channel', 'say')));
  expect(crashSignature(crash('nobody is here', 'say'))).not.toBe(crashSignature(crash('nobody is here', 'give')));
});
