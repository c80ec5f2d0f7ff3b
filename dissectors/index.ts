/** The only list of protocols. A new dissector adds its line here; the order decides between equals in recognition. */
import type { Protocol } from '../core/protocol/protocol.ts';
import { fco } from './fco/protocol.ts';
import { bytes } from './generic/bytes.ts';
import { json } from './generic/json.ts';
import { msgpack } from './generic/msgpack.ts';
import { protobuf } from './generic/protobuf.ts';
import { text } from './generic/text.ts';
import { mana } from './mana/protocol.ts';
import { mjsonp } from './mjsonp/protocol.ts';
import { muddery } from './muddery/protocol.ts';
import { socketchat } from './socketchat/protocol.ts';

export const protocols: readonly Protocol[] = [
  mana,
  mjsonp,
  socketchat,
  fco,
  muddery,
  json,
  msgpack,
  protobuf,
  text,
  bytes,
];
