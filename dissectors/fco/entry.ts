/** How one command is written down, and the shapes several of them share. */
import type { Direction } from '../../core/protocol/protocol.ts';
import type { Node } from '../../core/schema/builders.ts';
import { accessoryIds, int, num, text, userId } from './types.ts';

export type Revision = 'head' | 'seed' | 'legacy';
export const REVISIONS: readonly Revision[] = ['head', 'seed', 'legacy'];

export interface Entry {
  readonly id: number;
  readonly name: string;
  /** The seed's own words. */
  readonly ja?: string;
  readonly en: string;
  readonly doc?: string;
  readonly shape: Readonly<Record<string, Node>>;
  /** Absent: all. */
  readonly revisions?: readonly Revision[];
  readonly neverSent?: boolean;
}

export type Commands = readonly (readonly [Direction, Entry])[];

export const user = { user_id: userId };
export const credentials = {
  user_name: text('Account', { role: 'name', volatile: true }),
  pass: text('Password', { role: 'password', secret: true }),
};
export const damage = num('Damage', { role: 'quantity' });
export const hp = int('HP', { role: 'quantity' });
export const version = int('Version');
export const wearing = accessoryIds('Worn', { doc: 'Four slots, 0 is empty.', min: 4, max: 4 });
export const speech = {
  user_name: text('Speaker', { role: 'name', doc: 'Whatever the client writes: nothing checks it.' }),
  message: text('Text', { role: 'text' }),
};
