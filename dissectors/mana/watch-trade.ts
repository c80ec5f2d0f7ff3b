/** What a player lays on the trading table must still be there when the trade is done. */
import type { ExpertInfo } from '../../core/schema/expert-info.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Follows the inventory and the offers of the player of one connection. */
export class TradeWatch {
  /** Amount by slot; undefined until the whole inventory was shown. */
  #held: Map<number, number> | undefined;
  #laid = new Map<number, number>();
  #isOpen = false;
  /** Of what was laid out, the most that was held since somebody agreed last: the goods may leave before the end is told. */
  #most: Map<number, number> | undefined;

  see(name: string, fields: Fields): readonly ExpertInfo[] {
    switch (name) {
      case 'GPMSG_INVENTORY_FULL':
        this.#held = new Map();
        this.#hold(fields);
        break;
      case 'GPMSG_INVENTORY':
        this.#hold(fields);
        break;
      case 'GPMSG_TRADE_START':
        this.#laid.clear();
        this.#most = undefined;
        this.#isOpen = true;
        break;
      case 'PGMSG_TRADE_ADD_ITEM':
        this.#lay(fields);
        break;
      case 'PGMSG_TRADE_CONFIRM':
      case 'GPMSG_TRADE_CANCEL':
        this.#isOpen = false;
        break;
      case 'PGMSG_TRADE_AGREED':
      case 'GPMSG_TRADE_AGREED':
        this.#most = new Map([...this.#laid.keys()].map((slot) => [slot, this.#held?.get(slot) ?? 0]));
        break;
      case 'GPMSG_TRADE_COMPLETE':
        return this.#close();
      default:
    }
    return [];
  }

  #hold({ items }: Fields): void {
    if (this.#held === undefined || !Array.isArray(items)) return;
    for (const { slot, itemId, amount } of items as readonly Fields[]) {
      if (typeof slot !== 'number') continue;
      const now = itemId === 0 || typeof amount !== 'number' ? 0 : amount;
      this.#held.set(slot, now);
      const most = this.#most?.get(slot);
      if (most !== undefined && now > most) this.#most!.set(slot, now);
    }
  }

  /** What cannot be laid out is passed over by the server, without a word. */
  #lay({ slot, amount }: Fields): void {
    if (!this.#isOpen || typeof slot !== 'number' || typeof amount !== 'number' || amount < 1) return;
    const laid = (this.#laid.get(slot) ?? 0) + amount;
    if (laid <= (this.#held?.get(slot) ?? 0)) this.#laid.set(slot, laid);
  }

  #close(): readonly ExpertInfo[] {
    const most = this.#most;
    this.#isOpen = false;
    this.#most = undefined;
    if (most === undefined) return [];
    return [...this.#laid].flatMap(([slot, amount]): ExpertInfo[] => {
      const held = most.get(slot) ?? 0;
      if (held >= amount) return [];
      return [
        {
          severity: 'error',
          group: 'invariant',
          code: 'trade-gone',
          text: `the trade is done with ${amount} of what lies in slot ${slot}, where there ${held === 1 ? 'is' : 'are'} ${held}`,
        },
      ];
    });
  }
}
