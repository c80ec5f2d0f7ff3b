/**
 * A chat client to be fuzzed: logs in, says three things and leaves. It hangs up on what it does not understand, unless it has a
 * bug: `crash` looks into the friends of a login answer unchecked, `hang` listens to nothing any more when a receipt says neither yes nor no.
 */
import { connect } from 'node:net';

const [port, ...bugs] = process.argv.slice(2);
const socket = connect(Number(port), '127.0.0.1');
const things = [
  { Command: '04', FriendName: 'bob22', Message: 'hello' },
  { Command: '05', Message: 'anybody?' },
  { Command: '04', FriendName: 'bob22', Message: 'bye' },
];
let rest = '';

const say = (message) => socket.write(`${JSON.stringify(message)}\n`);

function take(message) {
  if (typeof message !== 'object' || message === null) throw new Error('not an object');
  if (message.Command === '11') {
    const isList = Array.isArray(message.Friends) && message.Friends.every((one) => Array.isArray(one));
    if (!isList && !bugs.includes('crash')) throw new Error('no list of friends');
    process.stdout.write(`friends: ${message.Friends.map(([name]) => name).join()}\n`);
  } else if (message.Command !== '14') throw new Error('not for me');
  else if (message.Flag !== 0 && message.Flag !== 1) {
    if (!bugs.includes('hang')) throw new Error('neither yes nor no');
    socket.pause();
    setInterval(() => undefined, 60_000);
    return;
  }
  const next = things.shift();
  if (next !== undefined) say(next);
  else {
    say({ Command: '03' });
    socket.end();
  }
}

socket.on('connect', () => say({ Command: '01', Name: 'alice1' }));
socket.on('data', (data) => {
  const lines = `${rest}${data}`.split('\n');
  rest = lines.pop();
  for (const line of lines) {
    try {
      take(JSON.parse(line));
    } catch (error) {
      if (error instanceof TypeError) throw error;
      socket.end();
    }
  }
});
socket.on('error', () => undefined);
