/** The three generations of envelopes: which messages a text holds, and how a message is wrapped. */
import type { Part } from '../../core/protocol/define-protocol.ts';
import type { Composed, Direction } from '../../core/protocol/protocol.ts';
import type { ExpertInfo, Severity } from '../../core/schema/expert-info.ts';
import { equalJson } from '../../core/schema/json-encode.ts';
import { joinPath, setPath } from '../../core/schema/path.ts';
import { commands } from './commands.ts';
import { type Conversation, isShape, type Shape } from './conversation.ts';
import { responseTo } from './responses.ts';
import { serverMessages } from './server-messages.ts';

const known = new Map(serverMessages.map((spec) => [spec.name, spec]));

const remark = (severity: Severity, code: string, text: string): ExpertInfo => ({
  severity,
  group: 'schema',
  code,
  text,
});

export function split(value: unknown, direction: Direction, state: Conversation): readonly Part[] {
  if (Array.isArray(value) && typeof value[0] === 'string') return splitOld(value, direction, state);
  return direction === 'toServer' ? splitCommand(value, '') : splitServer(value, state);
}

// ---- to the server -----------------------------------------------------------------------------------------------------

function splitCommand(value: unknown, path: string): readonly Part[] {
  if (isShape(value) && typeof value['cmd'] === 'string') {
    const command = value['cmd'];
    const expert: ExpertInfo[] = [];
    if (commands[command] === undefined) {
      expert.push(remark('note', 'unknown-command', `No known version has the command ${command}.`));
    }
    const inArgs = path === '' ? 'args' : path;
    return [{ name: command, fields: Object.hasOwn(value, 'args') ? value['args'] : null, path: inArgs, expert }];
  }
  if (isShape(value) && Object.hasOwn(value, 'websocket_close')) {
    const expert = [remark('note', 'goodbye', 'The page says goodbye before it closes; this is no command.')];
    return [{ name: null, fields: value, path, expert }];
  }
  const expert = [remark('warning', 'not-a-command', 'A command is an object with cmd and args.')];
  return [{ name: null, fields: value, path, expert }];
}

// ---- to the client -----------------------------------------------------------------------------------------------------

function splitServer(value: unknown, state: Conversation): readonly Part[] {
  if (isShape(value) && Object.keys(value).length === 1 && Object.hasOwn(value, 'data')) {
    return withoutNothing(splitItems(value['data'], 'data', state), value);
  }
  if (Array.isArray(value) || isShape(value)) return withoutNothing(splitItems(value, '', state), value);
  const expert = [remark('warning', 'not-a-message', 'A message is an object of types, or a list of such objects.')];
  return [{ name: null, fields: value, path: '', expert }];
}

/** An answer that says nothing is normal: the command had nothing to tell. */
function withoutNothing(parts: readonly Part[], value: unknown): readonly Part[] {
  if (parts.length > 0) return parts;
  return [
    { name: null, fields: value, path: '', expert: [remark('note', 'empty-batch', 'An answer without messages.')] },
  ];
}

function splitItems(items: unknown, path: string, state: Conversation): Part[] {
  if (!Array.isArray(items)) return splitItem(items, path, state);
  return items.flatMap((item: unknown, index) => splitItem(item, joinPath(path, index), state));
}

function splitItem(item: unknown, path: string, state: Conversation): Part[] {
  if (typeof item === 'string') return [{ name: 'text', fields: item, path }];
  if (!isShape(item)) {
    return [{ name: null, fields: item, path, expert: [remark('warning', 'not-a-message', 'This item has no type.')] }];
  }
  return Object.entries(item).map(([type, fields]) => message(type, fields, joinPath(path, type), state));
}

function message(type: string, fields: unknown, path: string, state: Conversation): Part {
  if (type === 'response') {
    const number = isShape(fields) ? JSON.stringify(fields['sn']) : undefined;
    const command = number === undefined || !Object.hasOwn(state.open, number) ? undefined : state.open[number];
    return { name: type, fields, path, spec: responseTo(command, isShape(fields) && fields['code'] === 0) };
  }
  const spec = known.get(type);
  if (spec !== undefined) return { name: type, fields, path, spec };
  return { name: type, fields, path, expert: [remark('note', 'unknown-type', `No known version sends ${type}.`)] };
}

// ---- 0.7.0 and older ---------------------------------------------------------------------------------------------------

/** `["text", ["<JSON>"], {}]`: the game's own text is JSON inside a string, at times escaped for HTML. */
function splitOld(outer: readonly unknown[], direction: Direction, state: Conversation): readonly Part[] {
  const [word, args] = outer as readonly [string, unknown];
  const inner = innerText(args);
  if (word !== 'text' || inner === undefined) {
    // The framework's own words: prompt, logged_in, websocket_close…
    const fields = Array.isArray(args) && args.length === 1 ? (args[0] as unknown) : args;
    return [{ name: word, fields: fields ?? null, path: '' }];
  }
  const value = innerValue(inner);
  if (value === undefined) {
    return [{ name: inner === 'idle' ? 'idle' : 'text', fields: inner, path: '' }];
  }
  if (direction === 'toServer') return splitCommand(value, '').map((part) => ({ ...part, path: '' }));
  const data = isShape(value) && Object.hasOwn(value, 'data') ? value['data'] : value;
  return withoutNothing(splitItems(data, '', state), value).map((part) => ({ ...part, path: '' }));
}

function innerText(args: unknown): string | undefined {
  if (typeof args === 'string') return args;
  return Array.isArray(args) && typeof args[0] === 'string' ? args[0] : undefined;
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  '#34': '"',
  '#39': "'",
  apos: "'",
  amp: '&',
};
function innerValue(text: string): unknown {
  for (const spelling of [
    text,
    text.replace(/&(lt|gt|quot|#34|#39|apos|amp);/g, (all, name: string) => ENTITIES[name] ?? all),
  ]) {
    try {
      const value: unknown = JSON.parse(spelling);
      if (typeof value === 'object' && value !== null) return value;
    } catch {
      // Plain text for the player.
    }
  }
  return undefined;
}

// ---- writing -----------------------------------------------------------------------------------------------------------

export function join(composed: Composed, direction: Direction, state: Conversation, original: unknown): unknown {
  if (original !== undefined) {
    const part = split(original, direction, state).find((one) => one.name === composed.message);
    if (part !== undefined && equalJson(part.fields, composed.fields)) return original;
    if (part !== undefined && part.path !== '') return setPath(original, part.path, composed.fields);
    if (direction === 'toServer' && isShape(original) && Object.hasOwn(original, 'cmd')) {
      return { ...original, cmd: composed.message, args: composed.fields };
    }
  }
  const generation = Array.isArray(original) ? 'g1' : (state.generation ?? 'g2');
  const inner = direction === 'toServer' ? command(composed) : batch(composed, generation === 'g3');
  if (generation !== 'g1') return inner;
  const text = JSON.stringify(inner);
  return ['text', direction === 'toServer' ? text : [text], {}];
}

function command({ message: cmd, fields: args }: Composed): Shape {
  return { cmd, args };
}

function batch({ message: type, fields }: Composed, bare: boolean): Shape {
  if (type === 'text') return { data: [fields] };
  return bare ? { [type]: fields } : { data: { [type]: fields } };
}
