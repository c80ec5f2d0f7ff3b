/** The only list of protocols. A new dissector adds its line here; the order decides between equals in recognition. */
import type { Protocol } from '../core/protocol/protocol.ts';
import { fco } from './fco/protocol.ts';
import { bytes } from './generic/bytes.ts';
import { json } from './generic/json.ts';
import { text } from './generic/text.ts';
import { mjsonp } from './mjsonp/protocol.ts';
import { socketchat } from './socketchat/protocol.ts';

export const protocols: readonly Protocol[] = [mjsonp, socketchat, fco, json, text, bytes];
