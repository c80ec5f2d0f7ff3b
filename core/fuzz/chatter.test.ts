import { expect, test } from 'vitest';
import { Chatter } from './chatter.ts';
import type { LiveFrame, Run } from './run-script.ts';

function heard(...names: readonly string[]): Run {
  const frames = names.map((name) => ({ conn: 1, isHeartbeat: false, heard: { name, isRefusal: name === 'error' } }));
  return { frames: frames as unknown as readonly LiveFrame[] } as Run;
}

test('what comes more often in company than alone is chatter; an answer that comes late, and a refusal, are none', () => {
  const chatter = new Chatter();
  chatter.learn(heard('welcome', 'moved', 'map'), heard('moved', 'moved', 'left', 'error', 'welcome', 'map'));
  expect([...chatter.names].sort()).toEqual(['left', 'moved']);
});
