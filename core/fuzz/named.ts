/** Fields that name somebody or something, and messages that make what later ones name. */
import type { DissectedMessage } from '../protocol/protocol.ts';
import { type Leaf, lastName, metaAt } from '../replay/leaves.ts';

const NAME_KEY = /^(?:user|account|login|player)?_?name$|^(?:user|account|login|nick)$/i;
/** Of messages. */
export const CREATES = /create|register|sign_?up|new_/i;

export function isNaming({ spec }: DissectedMessage, { path }: Leaf): boolean {
  return metaAt(spec?.node, path).role === 'name' || NAME_KEY.test(lastName(path));
}
