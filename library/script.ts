/**
 * Types for scripts: `import type { Script } from 'interpose/script'`. A script is a TypeScript file whose default export has the
 * hooks it needs; it runs in a thread of its own, is read again whenever it is saved, and cannot stop traffic.
 *
 *     import type { Script } from 'interpose/script';
 *
 *     export default {
 *       filter: 'message == chat_send',
 *       onFrame(frame) {
 *         return { fields: { ...(frame.fields as object), Message: 'edited' } };
 *       },
 *     } satisfies Script;
 */
export type {
  Script,
  ScriptConnection,
  ScriptFrame,
  ScriptInjection,
  ScriptResult,
  Interpose as ScriptInterpose,
} from '../core/engine/script/script-api.ts';
