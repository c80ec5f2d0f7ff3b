import type { Socket } from 'node:net';

/**
 * Resets the connection. While an end is still on its way out the system refuses a reset (EINVAL), and Node then never closes
 * the socket but spins on it for as long as the process lives: such a socket is closed plainly.
 */
export function resetSocket(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
