import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * Resets the connection. While an end is still on its way out the system refuses a reset (EINVAL), and Node then never closes
 * the socket but spins on it for as long as the process lives: such a socket is closed plainly.
 */
export function resetSocket(socket: Socket): void {
  if (socket.destroyed) return;
  // A TLS socket that came to a server of ours hides the TCP socket below it.
  const isHidden = socket instanceof TLSSocket;
  if (isHidden || (socket.writableEnded && !socket.writableFinished)) socket.destroy();
  else socket.resetAndDestroy();
}
