/** The one list of commands. Palette, shortcut sheet, keys and menus read it; nothing else defines an action. */
import { ACT_COMMANDS } from './act-commands.ts';
import type { Command } from './command.ts';
import { FIELD_COMMANDS } from './field-commands.ts';
import { LOOK_COMMANDS } from './look-commands.ts';
import { MOVE_COMMANDS } from './move-commands.ts';
import { SESSION_COMMANDS } from './session-commands.ts';

export const COMMANDS: readonly Command[] = [
  ...MOVE_COMMANDS,
  ...LOOK_COMMANDS,
  ...FIELD_COMMANDS,
  ...ACT_COMMANDS,
  ...SESSION_COMMANDS,
];
