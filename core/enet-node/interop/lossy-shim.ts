/** A UDP relay for one client that loses, repeats and delays datagrams as a simulated network decides. */
import { createSocket, type Socket } from 'node:dgram';
import { type NetworkConditions, SimulatedNetwork } from '../simulated-network.ts';

export interface LossyShim {
  readonly port: number;
  close(): void;
}

export async function lossyShim(targetPort: number, conditions: NetworkConditions): Promise<LossyShim> {
  const network = new SimulatedNetwork({ latency: [0, 0], ...conditions });
  const front = createSocket('udp4');
  const back = createSocket('udp4');
  let clientPort = 0;
  let open = true;
  const relay = (socket: Socket, bytes: Uint8Array, port: number): void => {
    for (const delay of network.delays()) {
      if (delay < 0.5) socket.send(bytes, port, '127.0.0.1');
      else setTimeout(() => void (open && socket.send(bytes, port, '127.0.0.1')), delay);
    }
  };
  front.on('message', (bytes, { port }) => {
    clientPort = port;
    relay(back, bytes, targetPort);
  });
  back.on('message', (bytes) => void (clientPort !== 0 && relay(front, bytes, clientPort)));
  for (const socket of [front, back]) await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  return {
    port: front.address().port,
    close: () => {
      open = false;
      front.close();
      back.close();
    },
  };
}
