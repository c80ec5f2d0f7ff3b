/** Checks over one connection: who must speak first, that beings spoken of were seen, and what trades are made of. */
import type { ExpertInfo } from '../../core/schema/expert-info.ts';
import type { Watcher } from '../../core/protocol/protocol.ts';
import { TradeWatch } from './watch-trade.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Messages to the game server that name a being, and where. */
const NAMES_BEING: Readonly<Record<string, string>> = {
  PGMSG_ATTACK: 'beingId',
  PGMSG_TRADE_REQUEST: 'beingId',
  PGMSG_NPC_TALK: 'npcId',
  PGMSG_USE_ABILITY_ON_BEING: 'beingId',
};

export function watchMana(): Watcher {
  let frames = 0;
  /** Beings in sight; undefined while the connection was not followed from its beginning. */
  let beings: Set<number> | undefined;
  let accepted: boolean | undefined;
  const trade = new TradeWatch();
  return {
    see({ direction, dissected }) {
      frames++;
      const [message] = dissected.messages;
      const name = message?.name;
      if (message === undefined || name == null) return [];
      const fields = (message.fields ?? {}) as Fields;
      const remarks: ExpertInfo[] = [...trade.see(name, fields)];
      if (frames === 1 && (name === 'PGMSG_CONNECT' || name === 'PCMSG_CONNECT')) {
        accepted = false;
        if (name === 'PGMSG_CONNECT') beings = new Set();
      } else if (/^(GP|CP)MSG_CONNECT_RESPONSE$/.test(name)) accepted = fields['error'] === 0;
      else if (accepted === false && direction === 'toServer') {
        remarks.push({
          severity: 'note',
          group: 'sequence',
          code: 'not-connected',
          text: `${name} before the token was accepted: the server ignores it`,
        });
      }
      const id = fields['beingId'];
      if (name === 'GPMSG_BEING_ENTER' && typeof id === 'number') beings?.add(id);
      if (name === 'GPMSG_BEING_LEAVE' && typeof id === 'number') beings?.delete(id);
      if (name === 'GPMSG_PLAYER_MAP_CHANGE') beings?.clear();
      const named = fields[NAMES_BEING[name] ?? ''];
      if (
        direction === 'toServer' &&
        beings !== undefined &&
        typeof named === 'number' &&
        named !== 0 &&
        !beings.has(named)
      ) {
        remarks.push({
          severity: 'note',
          group: 'invariant',
          code: 'unseen-being',
          text: `being ${named} is not in sight`,
          path: NAMES_BEING[name]!,
        });
      }
      return remarks;
    },
  };
}
