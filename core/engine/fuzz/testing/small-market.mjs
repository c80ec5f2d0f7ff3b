/**
 * A market to be fuzzed: whoever has joined asks what is for sale and reserves some of it. It refuses what it does not understand,
 * unless it has a bug; each leaves the market in a state that others come to see, while whoever did it is answered as usual.
 * `shut`: an amount that is no number closes the market. `spoilt`: it becomes the name of a stall. `torn`: every other visitor is
 * told prices of old. `greedy`: more is given than one may take. `bare`: nothing is for sale any more.
 * `few` is no bug: what there is sells out.
 */
import { createServer } from 'node:net';

const [port, ...words] = process.argv.slice(2);
const bugs = words.filter((word) => word !== 'few');
const left = words.includes('few') ? 102 : Infinity;
const stalls = [
  { id: 1, item: 'apples', price: 3, left },
  { id: 2, item: 'bread', price: 5, left },
];
const market = { isShut: false, oldPrice: undefined };
let visitors = 0;

function listFor(visitor) {
  if (market.isShut) return { type: 'error', text: 'the market is closed' };
  const isLate = market.oldPrice !== undefined && visitor % 2 === 1;
  return {
    type: 'stalls',
    stalls: stalls.map(({ id, item, price }) => ({ id, item, price: isLate ? market.oldPrice : price })),
  };
}

function reserve({ stall, amount }) {
  const found = stalls.find(({ id }) => id === stall);
  if (found === undefined) return { type: 'error', text: 'no such stall' };
  const isFine = Number.isInteger(amount) && amount > 0 && (amount < 100 || bugs.includes('greedy'));
  if (!isFine && (typeof amount === 'number' || bugs.length === 0)) return { type: 'error', text: 'no such amount' };
  if (isFine && amount > found.left) return { type: 'error', text: 'sold out' };
  if (isFine) found.left -= amount;
  else if (bugs.includes('shut')) market.isShut = true;
  else if (bugs.includes('spoilt')) found.item = amount ?? null;
  else if (bugs.includes('torn')) market.oldPrice = 1;
  else if (bugs.includes('bare')) stalls.length = 0;
  return { type: 'reserved', stall, ok: 1 };
}

createServer((socket) => {
  const visitor = visitors++;
  let name;
  let rest = '';
  const answer = (message) => {
    if (typeof message !== 'object' || message === null) return { type: 'error', text: 'not understood' };
    if (message.type === 'join') {
      if (typeof message.name !== 'string' || !/^[a-z0-9]{4,12}$/.test(message.name))
        return { type: 'error', text: 'no such name' };
      ({ name } = message);
      return { type: 'joined', name };
    }
    if (name === undefined) return { type: 'error', text: 'join first' };
    if (message.type === 'list') return listFor(visitor);
    if (message.type === 'reserve') return reserve(message);
    return { type: 'error', text: 'not understood' };
  };
  const take = (line) => {
    try {
      return answer(JSON.parse(line));
    } catch {
      return { type: 'error', text: 'not understood' };
    }
  };
  socket.on('data', (data) => {
    const lines = `${rest}${data}`.split('\n');
    rest = lines.pop();
    if (rest.length > 65_536) return void socket.destroy();
    for (const line of lines) socket.write(`${JSON.stringify(take(line))}\n`);
  });
  socket.on('error', () => undefined);
}).listen(Number(port), '127.0.0.1');
