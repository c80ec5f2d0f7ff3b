/**
 * A client to be fuzzed that is handed over: the gate tells it where the sea and the tavern are, and it goes to both at once. Its
 * name is another one each time, and it wants to be called by it. It hangs up on what it does not understand, unless it has a bug:
 * `crash` looks into the islands it is shown at sea unchecked.
 */
const [gate, ...bugs] = process.argv.slice(2);
const name = `p${Math.random().toString(36).slice(2, 12)}`;
const open = new Set();

class Nonsense extends Error {}
const demand = (isFine, what) => {
  if (!isFine) throw new Nonsense(what);
};

/** @param take what each message is for; `hello` is said at once */
function connect(url, hello, take) {
  const socket = new WebSocket(url);
  open.add(socket);
  const say = (message) => socket.send(JSON.stringify(message));
  const leave = () => {
    for (const one of open) one.close();
  };
  socket.addEventListener('open', () => hello !== undefined && say(hello));
  socket.addEventListener('error', leave);
  socket.addEventListener('close', () => open.delete(socket));
  socket.addEventListener('message', ({ data }) => {
    try {
      demand(typeof data === 'string', 'no text');
      let message;
      try {
        message = JSON.parse(data);
      } catch {
        throw new Nonsense('no JSON');
      }
      demand(typeof message === 'object' && message !== null, 'no object');
      take(message, say, () => socket.close());
    } catch (error) {
      if (!(error instanceof Nonsense)) throw error;
      leave();
    }
  });
  return { say, leave };
}

function isPlace(host, port) {
  return host === '127.0.0.1' && Number.isInteger(port) && port > 0 && port < 65_536;
}

connect(gate, { type: 'enter', name }, (message, _say, close) => {
  demand(message.type === 'go_on', 'not at the gate');
  const { host, port, tavern, ticket } = message;
  demand(isPlace(host, port) && isPlace(tavern?.host, tavern?.port), 'nowhere');
  demand(typeof ticket === 'string', 'no ticket');
  close();
  let isAtSea = false;
  const at = connect(`ws://${tavern.host}:${tavern.port}`, undefined, (heard, _say, leave) => {
    demand(heard.type === 'heard' && heard.name === name, 'not said to me');
    leave();
  });
  connect(`ws://${host}:${port}`, { type: 'board', ticket }, (seen, say, leave) => {
    if (seen.type === 'islands') {
      demand(!isAtSea, 'seen before');
      isAtSea = true;
      const isIsland = (one) => typeof one?.name === 'string';
      if (!bugs.includes('crash')) demand(Array.isArray(seen.list) && seen.list.every(isIsland), 'no islands');
      const [first = 'nowhere'] = seen.list.map((one) => one.name.trim());
      say({ type: 'row', to: first });
    } else if (seen.type === 'arrived') {
      at.say({ type: 'hail', name, text: 'ahoy' });
      say({ type: 'anchor' });
    } else {
      demand(seen.type === 'anchored', 'not at sea');
      leave();
    }
  });
});
