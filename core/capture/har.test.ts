import { expect, test } from 'vitest';
import { utf8Lossy } from '../schema/characters.ts';
import type { Connection } from '../traffic/frame.ts';
import type { FrameDraft, TrafficSink } from '../traffic/sink.ts';
import { isHar, readHar } from './har.ts';

interface Told {
  readonly problems: readonly string[];
  readonly frames: readonly FrameDraft[];
  readonly connections: readonly Connection[];
}

function read(text: string): Told {
  const frames: FrameDraft[] = [];
  const connections: Connection[] = [];
  const ignore = (): void => undefined;
  const sink: TrafficSink = {
    isFull: false,
    onDrain: ignore,
    nextConnectionId: () => connections.length + 1,
    opened: (connection) => void connections.push(connection),
    changed: ignore,
    closed: ignore,
    frame: (draft) => frames.push(draft),
    update: ignore,
    remark: ignore,
  };
  expect(isHar(text)).toBe(true);
  const { problems } = readHar(text, sink);
  return { problems, frames, connections };
}

const message = (type: string, time: number, data: string): object => ({ type, time, opcode: 1, data });
const har = (messages: readonly object[]): string =>
  JSON.stringify({
    log: {
      version: '1.2',
      entries: [
        {
          startedDateTime: '2026-11-21T12:00:00.000Z',
          request: { url: 'ws://127.0.0.1:9999/game?x=1', headers: [] },
          response: { status: 101, headers: [] },
          _webSocketMessages: messages,
        },
      ],
    },
  });
const texts = ({ frames }: Told): string[] => frames.map(({ bytes }) => utf8Lossy(bytes, 0, bytes.length));

test('messages keep their times, whether the file tells seconds or milliseconds', () => {
  const start = Date.parse('2026-11-21T12:00:00.500Z') / 1000;
  for (const unit of [1, 1000]) {
    const told = read(har([message('send', start * unit, '世界'), message('receive', (start + 0.25) * unit, 'b')]));
    expect(told.problems).toEqual([]);
    expect(texts(told)).toEqual(['世界', 'b']);
    expect(told.frames.map(({ direction }) => direction)).toEqual(['toServer', 'toClient']);
    expect(told.frames.map(({ time }) => time)).toEqual([start, start + 0.25]);
    expect(told.connections[0]).toMatchObject({ server: { address: '127.0.0.1', port: 9999 } });
  }
});

test('a file cut anywhere gives the messages before the cut, whole ones only, and says where it breaks off', () => {
  const all = ['one', 'two "quoted"', 'three'];
  const whole = har(all.map((data, i) => message('send', 1_795_262_129 + i, data)));
  for (let size = whole.indexOf('_webSocket'); size < whole.length; size++) {
    const told = read(whole.slice(0, size));
    expect(told.problems[0]).toMatch(/breaks off or is damaged at byte \d+/);
    expect(texts(told)).toEqual(all.slice(0, told.frames.length));
    const complete = all.filter((data) => whole.indexOf(JSON.stringify(data)) + JSON.stringify(data).length <= size);
    expect(told.frames).toHaveLength(complete.length);
  }
});
