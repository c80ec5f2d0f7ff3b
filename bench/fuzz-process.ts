/** A server with nothing to do, for the fuzz benchmark: every line is answered, whatever it says. Prints its port. */
import { createServer } from 'node:net';

const answer = Buffer.from('{"Command": "11", "Flag": 1, "Friends": []}\n');
const server = createServer((socket) => {
  socket.setNoDelay(true);
  socket.on('data', (data) => {
    if (data.includes(10)) socket.write(answer);
  });
  // Fuzzers leave as they like.
  socket.on('error', () => socket.destroy());
});
server.listen({ port: Number(process.argv[2] ?? 0), host: '127.0.0.1', backlog: 1024 }, () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.stdout.write(`ready ${address.port}\n`);
});
