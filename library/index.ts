/**
 * Interpose as a library, for tests of one's own:
 *
 *     import { connect, replay } from 'interpose';
 *
 *     const game = await connect('tcp://127.0.0.1:11600', { protocol: 'mjsonp' });
 *     await game.expect('hello');
 *     game.send('join', { type: 'join', name: 'ann', room: 'default' });
 *
 *     const report = await replay('login.ipsession', { to: 'tcp://127.0.0.1:11600' });
 */
export { type Client, connect, type ConnectOptions, type Fits, hex, type Received } from './client.ts';
export type { ForkedConnection } from '../core/replay/run-types.ts';
export { replay, type ReplayOptions, type ReplayReport } from './replay.ts';
export { EngineError, type EngineErrorCode } from '../core/traffic/engine-error.ts';
