/**
 * The messages of a protocol file: each with its direction, number, fields, and what only the file knows of it (states,
 * keys that tell it apart, summary).
 */
import * as b from '../schema/builders.ts';
import type { Meta, Node } from '../schema/nodes.ts';
import type { Discriminator } from './define-protocol.ts';
import type { MessageSpec } from './protocol.ts';
import { fieldNode, fieldsNode, type FieldWorld } from './yaml-fields.ts';
import type { Cell } from './yaml-source.ts';
import { type Template, templateOf } from './yaml-template.ts';

const DIRECTIONS = ['toServer', 'toClient', 'both'] as const;

/** A message as the file has it: what a `MessageSpec` lacks. */
export interface Entry {
  readonly spec: MessageSpec;
  readonly states?: readonly string[] | undefined;
  /** Keys of which one must be there (or none, `lacks`), where several messages share a number. */
  readonly has?: readonly string[] | undefined;
  readonly lacks?: readonly string[] | undefined;
  readonly template?: Template | undefined;
  readonly cell: Cell;
}

export function isGuarded(entry: Entry): boolean {
  return entry.has !== undefined || entry.lacks !== undefined;
}

export function isGuardMet(entry: Entry, value: Readonly<Record<string, unknown>>): boolean {
  if (!isGuarded(entry)) return false;
  const has = entry.has === undefined || entry.has.some((key) => Object.hasOwn(value, key));
  return has && (entry.lacks ?? []).every((key) => !Object.hasOwn(value, key));
}

export function messagesOf(root: Cell, world: FieldWorld, discriminator: Discriminator | undefined): readonly Entry[] {
  const cell = root.get('messages');
  if (cell === undefined) {
    root.problem('`messages` is missing.');
    return [];
  }
  return cell.entries().flatMap(({ key, keyCell, value }) => {
    value.allow(
      'name',
      'id',
      'direction',
      'fields',
      'body',
      'extra',
      'doc',
      'group',
      'titles',
      'dialects',
      'neverSent',
      'states',
      'has',
      'lacks',
      'summary',
      'label',
    );
    const direction = value.get('direction')?.asWord(DIRECTIONS);
    if (direction === undefined) {
      if (!value.has('direction')) keyCell.problem(`Message ${key} needs \`direction\`: toServer, toClient or both.`);
      return [];
    }
    const id = idOf(value.get('id'));
    if (id === undefined && (world.family === 'binary' || discriminator?.by === 'id') && !value.has('id')) {
      keyCell.problem(`Message ${key} needs \`id\`, its number on the wire.`);
    }
    // The same name in both directions: `move>` and `move<` style keys are not needed, `name` says it.
    const name = value.get('name')?.asText() ?? key;
    const node = bodyOf(value, world, discriminator, name);
    if (node === undefined) return [];
    const template = value.get('summary');
    const dialects = value.get('dialects')?.asTexts();
    const group = value.get('group')?.asText();
    const titles = value
      .get('titles')
      ?.entries()
      .map((entry) => [entry.key, entry.value.asText() ?? ''] as const);
    const neverSent = value.get('neverSent')?.asBoolean();
    const meta: Meta = {
      ...textMeta('doc', value.get('doc')?.asText()),
      ...textMeta('label', value.get('label')?.asText()),
    };
    const spec: MessageSpec = {
      name,
      ...(id === undefined ? {} : { id }),
      direction,
      node,
      meta,
      ...(group === undefined ? {} : { group }),
      ...(titles === undefined ? {} : { titles: Object.fromEntries(titles) }),
      ...(dialects === undefined ? {} : { dialects }),
      ...(neverSent === undefined ? {} : { neverSent }),
    };
    return [
      {
        spec,
        states: value.get('states')?.asTexts(),
        has: value.get('has')?.asTexts(),
        lacks: value.get('lacks')?.asTexts(),
        template: template === undefined ? undefined : templateOf(template, node),
        cell: keyCell,
      },
    ];
  });
}

function textMeta(key: 'doc' | 'label', text: string | undefined): Meta {
  return text === undefined ? {} : { [key]: text };
}

function idOf(cell: Cell | undefined): number | undefined {
  if (cell === undefined) return undefined;
  const { scalar } = cell;
  const number = typeof scalar === 'string' && /^0x[0-9a-f]+$/i.test(scalar) ? Number(scalar) : scalar;
  return typeof number === 'number' && Number.isInteger(number)
    ? number
    : cell.problem('`id` is a whole number, such as 16 or 0x10.');
}

function bodyOf(
  value: Cell,
  world: FieldWorld,
  discriminator: Discriminator | undefined,
  name: string,
): Node | undefined {
  const body = value.get('body');
  const fields = value.get('fields');
  if (body !== undefined && fields !== undefined) return body.problem('Give `fields` or `body`, not both.');
  if (body !== undefined) return fieldNode(body, world);
  const extra = value.get('extra')?.asWord(['allow', 'note', 'warning'] as const);
  const bare = (): Node =>
    world.family === 'json' ? b.object({}, extra === undefined ? {} : { extra }) : b.struct({});
  const node = fields === undefined ? bare() : fieldsNode(fields, world, {}, extra);
  if (node?.kind !== 'object' || discriminator?.keep !== true) return node;
  if (node.keys.some((key) => key.name === discriminator.key)) return node;
  const own = { name: discriminator.key, node: discriminator.by === 'id' ? b.any() : b.literal(name), optional: false };
  return Object.freeze({ ...node, keys: Object.freeze([own, ...node.keys]) });
}
