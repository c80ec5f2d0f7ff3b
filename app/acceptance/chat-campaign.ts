/** For tests of `interpose fuzz`: a recorded chat, and its server on a port, with planted bugs or none. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { recordingPath } from '../../fixtures/captures/recording.ts';
import { ROOT } from './command-line.ts';

const NODE = `'${process.execPath}' --disable-warning=ExperimentalWarning`;
export const SEED = ['--seed', recordingPath('socketchat/session_newline.jsonl'), '--as', 'socketchat'];

export function chatOn(port: number, bug?: string): string {
  return `exec ${NODE} '${ROOT}/fixtures/run.ts' socketchat --port 0 --port plain=${port} --pace fast --option framing=newline ${bug === undefined ? '' : `--bug ${bug}`}`;
}

export async function until(isIt: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1500; i++) {
    if (await isIt()) return;
    await new Promise((wake) => setTimeout(wake, 20));
  }
  throw new Error('waited for too long');
}

export async function isTaken(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
