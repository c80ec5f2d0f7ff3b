/**
 * Checks over one connection. The three connections of a client are tied by `user_id` alone; what another connection said is
 * not known here.
 */
import type { Direction, Link, SeenFrame, Watcher } from '../../core/protocol/protocol.ts';
import type { ExpertInfo } from '../../core/schema/expert-info.ts';
import { messages } from './messages.ts';

const PLAY_REQUESTS = new Set(
  messages.filter((spec) => spec.direction === 'toServer' && spec.group === 'play').map((spec) => spec.name),
);
const OPENING = new Set(['save_load_request', 'skill_master_request']);
/** Where the id of an enemy stands. */
const ENEMY: Readonly<Record<string, string>> = {
  attack: 'enemy_id',
  player_hit: 'enemy_id',
  enemy_alive: 'unique_id',
  enemy_dead: 'unique_id',
  enemy_skill_cast: 'enemy_id',
  enemy_skill_use: 'enemy_id',
};

function field(fields: unknown, key: string): unknown {
  return typeof fields === 'object' && fields !== null && Object.hasOwn(fields, key)
    ? (fields as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

class FcoWatcher implements Watcher {
  private readonly link: Link;
  /** Number of the user this connection speaks for. */
  private user: number | undefined;
  private opened = false;
  private complained = false;
  /** Enemies that were listed; undefined until the first list. */
  private enemies: Set<number> | undefined;
  private found: ExpertInfo[] = [];

  constructor(link: Link) {
    this.link = link;
  }

  see(frame: SeenFrame): readonly ExpertInfo[] {
    this.found = [];
    const message = frame.dissected.messages[0];
    if (message === undefined || message.name === null || message.spec?.direction !== frame.direction) return [];
    if (frame.direction === 'toServer') this.fromClient(message.name, message.fields);
    else this.fromServer(message.name, message.fields);
    const key = ENEMY[message.name];
    if (key !== undefined) this.enemy(field(message.fields, key), key, frame.direction);
    return this.found;
  }

  private remark(
    severity: ExpertInfo['severity'],
    group: 'sequence' | 'invariant',
    code: string,
    text: string,
    path?: string,
  ): void {
    const info: ExpertInfo = { severity, group, code, text };
    this.found.push(path === undefined ? info : { ...info, path });
  }

  private fromClient(name: string, fields: unknown): void {
    if (!PLAY_REQUESTS.has(name)) return;
    const user = field(fields, 'user_id');
    if (name === 'save_load_request' || name === 'load_save_request') this.opened = true;
    else if (!this.opened && !OPENING.has(name) && this.link.serverPort !== 8000) {
      // A note: a capture may begin in the middle of a connection.
      if (!this.complained) {
        this.remark('note', 'sequence', 'not-loaded', `${name} before the saved game was asked for (211)`);
      }
      this.complained = true;
    }
    // Requests for master data carry 0 before anybody is logged in.
    if (typeof user !== 'number' || name === 'skill_master_request') return;
    if (this.user !== undefined && user !== this.user) {
      this.remark(
        'warning',
        'invariant',
        'user-id',
        `speaks for user ${user}, but this connection is user ${this.user}`,
        'user_id',
      );
    }
    this.user ??= user;
  }

  private fromServer(name: string, fields: unknown): void {
    if (name === 'login_ok') {
      const user = field(fields, 'user_id');
      if (typeof user === 'number') this.user = user;
    }
    // Another map has other enemies: they are known from the next list on.
    if (name === 'map_move_ok') this.enemies = undefined;
    const enemies = field(fields, 'enemys');
    if (name !== 'enemy_list' || !Array.isArray(enemies)) return;
    this.enemies ??= new Set();
    for (const enemy of enemies as readonly unknown[]) {
      const id = field(enemy, 'unique_id');
      if (typeof id === 'number') this.enemies.add(id);
    }
  }

  /** The server may speak of one that was dead, and so in no list, when the player came. */
  private enemy(id: unknown, path: string, direction: Direction): void {
    if (typeof id !== 'number' || this.enemies === undefined || this.enemies.has(id)) return;
    const severity = direction === 'toServer' ? 'warning' : 'note';
    this.remark(severity, 'invariant', 'unknown-enemy', `enemy ${id} was in no list of this connection`, path);
  }
}

export function watchFco(link: Link): Watcher {
  return new FcoWatcher(link);
}
