/**
 * Checks over one connection: commands in their scope, exits of the room one stands in, places in the bag, and that a fight's
 * skills name its fighters. All are warnings: a server may know more than it told.
 */
import type { SeenFrame, Watcher } from '../../core/protocol/protocol.ts';
import type { ExpertInfo } from '../../core/schema/expert-info.ts';
import { commands } from './commands.ts';
import { isShape } from './conversation.ts';
import { answeredBy } from './responses.ts';

const LOGINS = new Set(['create', 'connect', 'create_account', 'login']);
const ENTERING = new Set(['puppet', 'puppet_name']);
const LEAVING = new Set(['unpuppet', 'quit', 'logout', 'char_delete']);

class MudderyWatcher implements Watcher {
  private found: ExpertInfo[] = [];
  /** Whether the beginning was seen; without it nothing is known of logins. */
  private fromStart: boolean | undefined;
  private loggedIn = false;
  private entered = false;
  private room: string | undefined;
  /** Exit keys by room, of all rooms whose map was shown. */
  private readonly exits = new Map<string, Set<string>>();
  private fighters: Set<string> | undefined;

  see(frame: SeenFrame): readonly ExpertInfo[] {
    this.found = [];
    for (const { name, fields, path, spec } of frame.dissected.messages) {
      if (name === null) continue;
      if (frame.direction === 'toServer') this.command(name, fields);
      else if (name === 'response') this.response(fields, answeredBy(spec), path);
      else this.message(name, fields, path);
    }
    return this.found;
  }

  private warn(group: 'sequence' | 'invariant', code: string, text: string, path: string): void {
    this.found.push({ severity: 'warning', group, code, text, path });
  }

  private command(name: string, args: unknown): void {
    const scope = commands[name]?.scope;
    this.fromStart ??= scope === 'any time';
    if (LOGINS.has(name)) this.loggedIn = true;
    if (this.fromStart && scope === 'account' && !this.loggedIn) {
      this.warn(
        'sequence',
        'not-logged-in',
        `${name} is for those who are logged in: the server cannot find it`,
        'cmd',
      );
    } else if (this.fromStart && scope === 'character' && !this.entered) {
      this.warn(
        'sequence',
        'no-character',
        `${name} needs a character that was entered: the server cannot find it`,
        'cmd',
      );
    }
    // Taken at the request: a page sends the next command before it has the answer.
    if (ENTERING.has(name)) this.entered = true;
    else if (LEAVING.has(name) && name !== 'char_delete') this.entered = false;
    if (name === 'leave_combat') this.fighters = undefined;
    if (name === 'traverse' || name === 'unlock_exit') this.exit(args);
  }

  private exit(key: unknown): void {
    const here = this.room === undefined ? undefined : this.exits.get(this.room);
    if (typeof key !== 'string' || here === undefined || here.has(key)) return;
    this.warn('invariant', 'unknown-exit', `${key} is no exit of ${this.room}`, 'args');
  }

  private message(name: string, fields: unknown, path: string): void {
    switch (name) {
      case 'current_location':
        this.moved(fields);
        return;
      case 'move_to':
        if (isShape(fields)) this.moved(fields['location']);
        return;
      case 'reveal_maps':
        this.map(fields);
        return;
      case 'inventory':
        this.bag(fields, path);
        return;
      case 'combat_info':
        this.fight(fields);
        return;
      case 'attack':
        if (isShape(fields)) this.fight(fields['combat_info']);
        return;
      case 'combat_finish':
        this.fighters = undefined;
        return;
      case 'skill_cast':
      case 'combat_skill_cast':
        this.skill(fields, path);
        return;
    }
  }

  private response(fields: unknown, command: string | undefined, path: string): void {
    if (!isShape(fields) || fields['code'] !== 0 || !isShape(fields['data'])) {
      if (isShape(fields) && command === 'inventory') this.bag(fields['data'], `${path}.data`);
      return;
    }
    const { data } = fields;
    if (data['location'] !== undefined) this.moved(data['location']);
    if (command === 'query_map') this.map(data);
    if (isShape(data['attack'])) this.fight(data['attack']['combat_info']);
    else if (command === 'attack') this.fight(data['combat_info']);
    if (Array.isArray(data['events'])) {
      for (const event of data['events'] as unknown[]) {
        if (isShape(event) && isShape(event['ACTION_ATTACK'])) this.fight(event['ACTION_ATTACK']['combat_info']);
      }
    }
  }

  private moved(location: unknown): void {
    if (isShape(location) && typeof location['room'] === 'string') this.room = location['room'];
  }

  private map(areas: unknown): void {
    if (!isShape(areas)) return;
    for (const area of Object.values(areas)) {
      if (!isShape(area) || !isShape(area['rooms'])) continue;
      for (const [key, room] of Object.entries(area['rooms'])) {
        if (!isShape(room) || !Array.isArray(room['exits'])) continue;
        const keys = (room['exits'] as unknown[]).flatMap((exit) => (isShape(exit) ? [String(exit['key'])] : []));
        this.exits.set(key, new Set(keys));
      }
    }
  }

  private bag(items: unknown, path: string): void {
    if (!Array.isArray(items)) return;
    const seen = new Set<unknown>();
    items.forEach((item: unknown, index) => {
      const place = isShape(item) ? item['position'] : undefined;
      if (place === undefined) return;
      if (seen.has(place)) {
        this.warn(
          'invariant',
          'same-place',
          `two things at place ${String(place)} of the bag`,
          `${path}[${index}].position`,
        );
      }
      seen.add(place);
    });
  }

  private fight(info: unknown): void {
    if (!isShape(info) || !Array.isArray(info['characters'])) return;
    const ids = (info['characters'] as unknown[]).flatMap((one) => (isShape(one) ? [String(one['id'])] : []));
    this.fighters = new Set(ids);
  }

  private skill(fields: unknown, path: string): void {
    const { fighters } = this;
    if (fighters === undefined || !isShape(fields)) return;
    const check = (id: unknown, at: string): void => {
      if (id === undefined || id === null || fighters.has(String(id))) return;
      this.warn('invariant', 'no-fighter', `object ${String(id)} does not take part in this fight`, `${path}.${at}`);
    };
    check(fields['caller'], 'caller');
    check(fields['target'], 'target');
    for (const key of ['status', 'states']) {
      if (isShape(fields[key])) for (const id of Object.keys(fields[key])) check(id, key);
    }
  }
}

export function watchMuddery(): Watcher {
  return new MudderyWatcher();
}
