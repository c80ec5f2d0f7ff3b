/**
 * A protocol of the user's own, from a YAML file (`interpose.protocol.yaml`): framing, messages by direction and state,
 * pairs, handoffs, correlations, invariants, summaries, examples. Every mistake is told with its line and column; a file
 * without mistakes gives a protocol like any other. See docs/add-a-protocol.md.
 */
import type { ExpertInfo } from '../schema/expert-info.ts';
import * as b from '../schema/builders.ts';
import { toHex, utf8Bytes, fromHex } from '../schema/characters.ts';
import { equalValues } from '../schema/encode.ts';
import type { Meta, Node } from '../schema/nodes.ts';
import { plainValue } from '../schema/plain-value.ts';
import { pathExists } from './declared-paths.ts';
import { defineProtocol, type Discriminator, type ProtocolDefinition } from './define-protocol.ts';
import type {
  Correlation,
  Direction,
  Example,
  Handoff,
  MessageSpec,
  OptionSpec,
  Pair,
  Protocol,
  Transport,
} from './protocol.ts';
import { type CompileCondition, conditionTest, type Invariant, watcherOf } from './yaml-conditions.ts';
import { fieldNode, fieldsNode, type FieldWorld } from './yaml-fields.ts';
import { framingOf } from './yaml-framing.ts';
import { type Cell, closest, type YamlProblem, YamlSource } from './yaml-source.ts';
import { statesOf } from './yaml-states.ts';
import { type Template, templateOf } from './yaml-template.ts';

export type { CompileCondition } from './yaml-conditions.ts';
export type { YamlProblem } from './yaml-source.ts';

export interface LoadedProtocol {
  /** Only when there are no problems. */
  readonly protocol?: Protocol;
  /** In the order of the file. */
  readonly problems: readonly YamlProblem[];
}

const TRANSPORTS: readonly Transport[] = ['tcp', 'tls', 'ws', 'wss', 'enet', 'udp'];
const DIRECTIONS = ['toServer', 'toClient', 'both'] as const;

interface State {
  readonly state: string;
  readonly dialect: string;
}

/** A message as the file has it: what a `MessageSpec` lacks. */
interface Entry {
  readonly spec: MessageSpec;
  readonly states?: readonly string[] | undefined;
  /** Keys of which one must be there (or none, `lacks`), where several messages share a number. */
  readonly has?: readonly string[] | undefined;
  readonly lacks?: readonly string[] | undefined;
  readonly template?: Template | undefined;
  readonly cell: Cell;
}

/** @param compile the filter language, for conditions of states and invariants. */
export function loadProtocol(text: string, compile: CompileCondition): LoadedProtocol {
  const source = new YamlSource(text);
  let protocol: Protocol | undefined;
  if (source.problems.length === 0) {
    const { root } = source;
    if (root.isMap) {
      try {
        protocol = protocolOf(root, compile);
      } catch (error) {
        root.problem(error instanceof Error ? error.message : String(error));
      }
    } else root.problem('A protocol file holds keys such as `protocol`, `framing` and `messages`.');
  }
  const problems = source.problems.toSorted((one, two) => one.line - two.line || one.column - two.column);
  return protocol === undefined || problems.length > 0 ? { problems } : { protocol, problems };
}

function protocolOf(root: Cell, compile: CompileCondition): Protocol | undefined {
  root.allow(
    'protocol',
    'title',
    'doc',
    'transports',
    'ports',
    'framing',
    'options',
    'format',
    'endian',
    'json',
    'binary',
    'types',
    'messages',
    'states',
    'pairs',
    'handoffs',
    'correlations',
    'invariants',
    'examples',
  );
  const id = root.need('protocol', '`protocol` is missing: a short name such as my-game.')?.asText();
  if (id === undefined) return undefined;
  if (!/^[a-z][a-z0-9-]*$/.test(id))
    root.get('protocol')?.problem('Use small letters, digits and hyphens, a letter first.');
  const format = root.get('format')?.asWord(['json', 'binary'] as const) ?? (root.has('binary') ? 'binary' : 'json');
  const world: FieldWorld = {
    family: format,
    endian: root.get('endian')?.asWord(['be', 'le'] as const) ?? 'be',
    types: new Map(
      root
        .get('types')
        ?.entries()
        .map((entry) => [entry.key, entry.value] as const) ?? [],
    ),
    building: [],
  };
  // Types nobody uses yet deserve their complaints too.
  for (const [name, cell] of world.types) {
    world.building.push(name);
    fieldNode(cell, world);
    world.building.pop();
  }
  const discriminator = format === 'json' ? discriminatorOf(root.get('json'), root) : undefined;
  const entries = messagesOf(root, world, discriminator);
  const specs = entries.map((entry) => entry.spec);
  const machine = statesOf(root.get('states'), specs, id, compile);
  checkStates(entries, machine.names);
  const invariants = (root.get('invariants')?.items() ?? []).flatMap(
    (cell) => invariantOf(cell, id, compile, specs) ?? [],
  );
  const title = root.get('title')?.asText() ?? id;
  const doc = root.get('doc')?.asText();
  const framing = root.get('framing');
  const transports = (root.get('transports')?.asTexts() ?? ['tcp']).flatMap((word): Transport[] => {
    const found = TRANSPORTS.find((one) => one === word);
    if (found === undefined)
      root.get('transports')?.problem(`Unknown transport ${word}. Known: ${TRANSPORTS.join(', ')}.`);
    return found === undefined ? [] : [found];
  });
  const definition: ProtocolDefinition<State> = {
    id,
    title,
    ...(doc === undefined ? {} : { doc }),
    transports: transports.length === 0 ? ['tcp'] : transports,
    ports: (root.get('ports')?.items() ?? []).flatMap((cell) => portOf(cell, transports[0] ?? 'tcp') ?? []),
    framing: (framing === undefined ? undefined : framingOf(framing)) ?? {
      kind: format === 'json' ? 'json' : 'message',
    },
    options: optionsOf(root.get('options')),
    messages: specs,
    pairs: (root.get('pairs')?.items() ?? []).flatMap((cell) => pairOf(cell, specs) ?? []),
    handoffs: (root.get('handoffs')?.items() ?? []).flatMap((cell) => handoffOf(cell, specs) ?? []),
    correlations: (root.get('correlations')?.items() ?? []).flatMap((cell) => correlationOf(cell, specs) ?? []),
    examples: (root.get('examples')?.items() ?? []).flatMap((cell) => exampleOf(cell) ?? []),
    ...(format === 'json'
      ? {
          json: {
            discriminator: withPick(discriminator as Discriminator, entries, root.get('json')),
            style: styleOf(root),
            table: tables(entries),
          },
        }
      : { binary: { tag: tagOf(root.get('binary'), root, world), table: tables(entries) } }),
    start: (_link, options) => ({ state: machine.first, dialect: options['dialect'] ?? '' }),
    next: (state, direction, dissected) => {
      const next = machine.next(state.state, direction, dissected);
      return next === state.state ? state : { ...state, state: next };
    },
    check: (message, direction, { state }) => outOfState(entries, message.name, direction, state),
    summary: summaryOf(entries),
    ...(invariants.length === 0 ? {} : { watch: () => watcherOf(invariants) }),
  };
  // What is wrong so far would only be said again, less well.
  const protocol = root.hasProblems ? undefined : attemptDefinition(root, definition);
  if (protocol !== undefined) checkExamples(protocol, root.get('examples'));
  return protocol;
}

function attemptDefinition(root: Cell, definition: ProtocolDefinition<State>): Protocol | undefined {
  try {
    return defineProtocol(definition);
  } catch (error) {
    return root.problem(error instanceof Error ? error.message : String(error));
  }
}

// ---- how messages are told apart -------------------------------------------------------------------------------------

function discriminatorOf(cell: Cell | undefined, root: Cell): Discriminator {
  const usual: Discriminator = { key: 'type', by: 'name', keep: false };
  if (cell === undefined) {
    root.problem('A JSON protocol needs `json: { key: … }`, the key that says which message an object is.');
    return usual;
  }
  cell.allow('key', 'by', 'keep', 'digits', 'also', 'style', 'label');
  const key = cell.need('key', '`json` needs `key`, the key that says which message an object is.')?.asText();
  const by = cell.get('by')?.asWord(['name', 'id'] as const) ?? 'name';
  const keep = cell.get('keep')?.asBoolean() ?? false;
  const digits = cell.get('digits')?.asNumber();
  const label = cell.get('label')?.asText();
  const base: Discriminator = {
    key: key ?? 'type',
    by,
    keep,
    ...(label === undefined ? {} : { node: b.any({ label }) }),
  };
  if (digits === undefined) return base;
  if (by !== 'id') cell.get('digits')?.problem('`digits` goes with `by: id`.');
  const spelled = new RegExp(`^\\d{${digits}}$`);
  return {
    ...base,
    // Numbers written as text: "01", "1" and 1 are one number, only the first is spelled right.
    read: (raw) => {
      if (Number.isInteger(raw)) return raw as number;
      return typeof raw === 'string' && /^\d{1,9}$/.test(raw) ? Number(raw) : undefined;
    },
    write: (spec) => String(spec.id).padStart(digits, '0'),
    check: (raw) => {
      if (typeof raw === 'string' && spelled.test(raw)) return [];
      const text = `${base.key} should be ${digits} digits in a string.`;
      return [{ severity: 'warning', group: 'schema', code: 'discriminator-spelling', text, path: base.key }];
    },
  };
}

/** Several messages under one number are told apart by the keys they have. */
function withPick(discriminator: Discriminator, entries: readonly Entry[], cell: Cell | undefined): Discriminator {
  const also = cell?.get('also')?.asTexts() ?? [];
  const guarded = entries.filter((entry) => entry.has !== undefined || entry.lacks !== undefined);
  if (guarded.length === 0 && also.length === 0) return discriminator;
  const read =
    discriminator.read ?? ((raw: unknown) => (typeof raw === 'string' || typeof raw === 'number' ? raw : undefined));
  const keys = [discriminator.key, ...also];
  const ambiguous = guarded.map(({ spec }) => (discriminator.by === 'id' ? (spec.id ?? -1) : spec.name));
  return {
    ...discriminator,
    ambiguous,
    pick: (value, direction) => {
      const key = keys.find((one) => Object.hasOwn(value, one));
      const found = key === undefined ? undefined : read(value[key]);
      if (found === undefined) return undefined;
      const fitting = entries.filter(
        ({ spec }) =>
          (spec.direction === direction || spec.direction === 'both') && (spec.id === found || spec.name === found),
      );
      const best = fitting.find((entry) => isGuardMet(entry, value)) ?? fitting.find((entry) => !isGuarded(entry));
      return best?.spec.name;
    },
  };
}

function isGuarded(entry: Entry): boolean {
  return entry.has !== undefined || entry.lacks !== undefined;
}

function isGuardMet(entry: Entry, value: Readonly<Record<string, unknown>>): boolean {
  if (!isGuarded(entry)) return false;
  const has = entry.has === undefined || entry.has.some((key) => Object.hasOwn(value, key));
  return has && (entry.lacks ?? []).every((key) => !Object.hasOwn(value, key));
}

function styleOf(root: Cell): 'compact' | 'python' {
  return (
    root
      .get('json')
      ?.get('style')
      ?.asWord(['compact', 'python'] as const) ?? 'compact'
  );
}

function tagOf(cell: Cell | undefined, root: Cell, world: FieldWorld): ReturnType<typeof b.u16be> {
  cell?.allow('tag');
  const tag = cell?.get('tag');
  if (tag === undefined) {
    root.problem('A binary protocol needs `binary: { tag: u16be }`, the type of the number every message begins with.');
    return b.u16be();
  }
  const node = fieldNode(tag, world);
  if (node?.kind === 'int' || node?.kind === 'varint' || node?.kind === 'enum')
    return node as ReturnType<typeof b.u16be>;
  if (node !== undefined) tag.problem('The tag is an integer type such as u8, u16be or varint.');
  return b.u16be();
}

// ---- messages --------------------------------------------------------------------------------------------------------

function messagesOf(root: Cell, world: FieldWorld, discriminator: Discriminator | undefined): readonly Entry[] {
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

/** Messages of a state first, so that one number can mean two things in two states; the others still decode, with a remark. */
function tables(entries: readonly Entry[]): (state: State, direction: Direction) => readonly MessageSpec[] {
  const made = new Map<string, readonly MessageSpec[]>();
  return ({ state, dialect }, direction) => {
    const key = `${state}\u0000${dialect}\u0000${direction}`;
    const known = made.get(key);
    if (known !== undefined) return known;
    const ways = entries.filter(({ spec }) => spec.direction === direction || spec.direction === 'both');
    const spoken = ways.filter(
      ({ spec }) => dialect === '' || spec.dialects === undefined || spec.dialects.includes(dialect),
    );
    const here = spoken.filter((entry) => entry.states === undefined || entry.states.includes(state));
    const elsewhere = spoken.filter((entry) => !here.includes(entry));
    const guardless = (entry: Entry): boolean => isGuarded(entry) || !taken(here, entry.spec);
    const table = [...here, ...elsewhere.filter(guardless)].map((entry) => entry.spec);
    made.set(key, table);
    return table;
  };
}

function taken(entries: readonly Entry[], spec: MessageSpec): boolean {
  return entries.some((entry) => (spec.id !== undefined && entry.spec.id === spec.id) || entry.spec.name === spec.name);
}

function checkStates(entries: readonly Entry[], names: readonly string[]): void {
  for (const entry of entries) {
    for (const state of entry.states ?? []) {
      if (names.includes(state)) continue;
      const near = closest(state, names);
      entry.cell.problem(
        `Message ${entry.spec.name} names the state ${state}, which \`states\` does not have.${near === undefined ? '' : ` Did you mean ${near}?`}`,
      );
    }
  }
}

function outOfState(
  entries: readonly Entry[],
  name: string | null,
  direction: Direction,
  state: string,
): readonly ExpertInfo[] {
  if (name === null) return [];
  const own = entries.filter(
    ({ spec }) => spec.name === name && (spec.direction === direction || spec.direction === 'both'),
  );
  if (own.length === 0 || own.some((entry) => entry.states === undefined || entry.states.includes(state))) return [];
  const due = [...new Set(own.flatMap((entry) => entry.states ?? []))].join(' or ');
  const text = `${name} belongs to the state ${due}; the connection is in ${state}.`;
  return [{ severity: 'warning', group: 'sequence', code: 'out-of-state', text }];
}

function summaryOf(entries: readonly Entry[]): NonNullable<ProtocolDefinition<State>['summary']> {
  const templates = new Map(
    entries.flatMap(({ spec, template }) => (template === undefined ? [] : [[spec, template] as const])),
  );
  return (message) => (message.spec === undefined ? undefined : templates.get(message.spec)?.(message.fields));
}

// ---- everything else -------------------------------------------------------------------------------------------------

function optionsOf(cell: Cell | undefined): readonly OptionSpec[] {
  return (cell?.entries() ?? []).map(({ key, value }) => {
    value.allow('default', 'doc', 'values');
    const values = value.get('values')?.asTexts();
    const doc = value.get('doc')?.asText() ?? key;
    return {
      name: key,
      doc,
      default: value.get('default')?.asText() ?? '',
      ...(values === undefined ? {} : { values }),
    };
  });
}

function portOf(cell: Cell, usual: Transport): Protocol['ports'][number] | undefined {
  if (!cell.isMap) {
    const port = cell.asNumber();
    return port === undefined ? undefined : { port, transport: usual };
  }
  cell.allow('port', 'transport', 'role');
  const port = cell.need('port', '`port` is missing.')?.asNumber();
  const transport = cell.get('transport')?.asWord(TRANSPORTS) ?? usual;
  const role = cell.get('role')?.asText();
  return port === undefined ? undefined : { port, transport, ...(role === undefined ? {} : { role }) };
}

function specsNamed(cell: Cell, name: string, specs: readonly MessageSpec[]): readonly MessageSpec[] {
  const found = specs.filter((spec) => spec.name === name);
  if (found.length === 0) {
    const near = closest(
      name,
      specs.map((spec) => spec.name),
    );
    cell.problem(`There is no message ${name}.${near === undefined ? '' : ` Did you mean ${near}?`}`);
  }
  return found;
}

function pathIn(cell: Cell | undefined, found: readonly MessageSpec[]): string | undefined {
  const path = cell?.asText();
  if (cell === undefined || path === undefined) return undefined;
  if (found.length > 0 && !found.some((spec) => pathExists(spec.node, path))) {
    return cell.problem(`${found[0]?.name} has no field ${path}.`);
  }
  return path;
}

function namesOf(
  cell: Cell | undefined,
  owner: Cell,
  what: string,
  specs: readonly MessageSpec[],
): readonly string[] | '*' | undefined {
  if (cell === undefined) return owner.problem(`\`${what}\` is missing.`);
  const names = cell.asTexts();
  if (names.length === 1 && names[0] === '*') return '*';
  for (const name of names) specsNamed(cell, name, specs);
  return names;
}

function pairOf(cell: Cell, specs: readonly MessageSpec[]): Pair | undefined {
  cell.allow('request', 'reply', 'direction', 'match', 'required', 'sameConnection');
  const request = namesOf(cell.get('request'), cell, 'request', specs);
  const replies = namesOf(cell.get('reply'), cell, 'reply', specs);
  if (request === undefined || replies === undefined) return undefined;
  const said = cell.get('direction')?.asWord(['toServer', 'toClient'] as const);
  const own = request === '*' ? undefined : specs.find((spec) => spec.name === request[0])?.direction;
  const direction = said ?? (own === 'toClient' ? 'toClient' : 'toServer');
  const match = cell
    .get('match')
    ?.entries()
    .map((entry) => [entry.key, entry.value.asText() ?? ''] as const);
  const required = cell.get('required')?.asBoolean();
  const sameConnection = cell.get('sameConnection')?.asBoolean();
  return {
    direction,
    request,
    replies,
    ...(match === undefined ? {} : { match }),
    ...(required === undefined ? {} : { required }),
    ...(sameConnection === undefined ? {} : { sameConnection }),
  };
}

function handoffOf(cell: Cell, specs: readonly MessageSpec[]): Handoff | undefined {
  cell.allow('message', 'address', 'port', 'token', 'role', 'transport');
  const message = cell.need('message', '`message` is missing.')?.asText();
  if (message === undefined) return undefined;
  const found = specsNamed(cell.get('message') ?? cell, message, specs);
  const address = pathIn(cell.need('address', 'A handoff needs `address`, the field with the address.'), found);
  const port = pathIn(cell.need('port', 'A handoff needs `port`, the field with the port.'), found);
  const token = pathIn(cell.get('token'), found);
  const role = cell.get('role')?.asText();
  const transport = cell.get('transport')?.asWord(TRANSPORTS);
  if (address === undefined || port === undefined) return undefined;
  return {
    message,
    direction: found[0]?.direction === 'toServer' ? 'toServer' : 'toClient',
    address,
    port,
    ...(token === undefined ? {} : { token }),
    ...(role === undefined ? {} : { role }),
    ...(transport === undefined ? {} : { transport }),
  };
}

function correlationOf(cell: Cell, specs: readonly MessageSpec[]): Correlation | undefined {
  cell.allow('kind', 'issued', 'echoed', 'ties');
  const kind = cell.get('kind')?.asWord(['token', 'id', 'sequence', 'salt'] as const) ?? 'id';
  const place = (one: Cell): { message: string; path: string } | undefined => {
    one.allow('message', 'path');
    const message = one.need('message', '`message` is missing.')?.asText();
    if (message === undefined) return undefined;
    const path = pathIn(one.get('path'), specsNamed(one, message, specs));
    return path === undefined ? undefined : { message, path };
  };
  const issuedCell = cell.get('issued');
  const issued = issuedCell === undefined ? cell.problem('`issued` is missing.') : place(issuedCell);
  const echoed = (cell.get('echoed')?.items() ?? []).flatMap((one) => place(one) ?? []);
  const ties = cell.get('ties')?.asBoolean();
  return issued === undefined ? undefined : { kind, issued, echoed, ...(ties === undefined ? {} : { ties }) };
}

function invariantOf(
  cell: Cell,
  id: string,
  compile: CompileCondition,
  specs: readonly MessageSpec[],
): Invariant | undefined {
  cell.allow('name', 'where', 'that', 'after', 'constant', 'increasing', 'text', 'severity');
  const name = cell.need('name', 'An invariant needs a `name`.')?.asText();
  const text = cell.get('text')?.asText();
  if (name === undefined) return undefined;
  const whereCell = cell.get('where');
  const thatCell = cell.get('that');
  const where = whereCell === undefined ? undefined : conditionTest(whereCell, id, compile);
  const that = thatCell === undefined ? undefined : conditionTest(thatCell, id, compile);
  const after = cell.get('after')?.asTexts();
  for (const message of after ?? []) specsNamed(cell.get('after') ?? cell, message, specs);
  const constant = cell.get('constant')?.asText();
  const increasing = cell.get('increasing')?.asText();
  if (thatCell === undefined && after === undefined && constant === undefined && increasing === undefined) {
    return cell.problem(
      'An invariant needs `that` (a condition), `after` (messages), `constant` or `increasing` (a field).',
    );
  }
  return {
    name,
    text: text ?? `The invariant ${name} does not hold.`,
    severity: cell.get('severity')?.asWord(['note', 'warning', 'error'] as const) ?? 'warning',
    ...(where === undefined ? {} : { where }),
    ...(that === undefined ? {} : { that }),
    ...(after === undefined ? {} : { after }),
    ...(constant === undefined ? {} : { constant }),
    ...(increasing === undefined ? {} : { increasing }),
  };
}

// ---- examples --------------------------------------------------------------------------------------------------------

function exampleOf(cell: Cell): Example | undefined {
  cell.allow('name', 'direction', 'text', 'hex', 'message', 'fields', 'options', 'role', 'lossy', 'serverPort');
  const direction = cell.need('direction', '`direction` is missing.')?.asWord(['toServer', 'toClient'] as const);
  const text = cell.get('text')?.asText();
  const hex = cell.get('hex')?.asText();
  if (direction === undefined) return undefined;
  if ((text === undefined) === (hex === undefined))
    return cell.problem('An example has its payload as `text` or as `hex`.');
  let bytes: Uint8Array;
  try {
    bytes = text === undefined ? fromHex(hex ?? '') : utf8Bytes(text);
  } catch (error) {
    return cell.get('hex')?.problem(error instanceof Error ? error.message : String(error));
  }
  const message = cell.get('message')?.asText() ?? null;
  const fields = cell.get('fields');
  const options = cell
    .get('options')
    ?.entries()
    .map((entry) => [entry.key, entry.value.asText() ?? ''] as const);
  const role = cell.get('role')?.asText();
  const lossy = cell.get('lossy')?.asText();
  const serverPort = cell.get('serverPort')?.asNumber();
  return {
    name: cell.get('name')?.asText() ?? `${message ?? 'frame'} ${direction}`,
    direction,
    hex: toHex(bytes),
    message,
    ...(fields === undefined ? {} : { fields: fields.plain }),
    ...(options === undefined ? {} : { options: Object.fromEntries(options) }),
    ...(role === undefined ? {} : { role }),
    ...(lossy === undefined ? {} : { lossy }),
    ...(serverPort === undefined ? {} : { serverPort }),
  };
}

/** An example that decodes to something else is a mistake in the file, and the quickest way to find it. */
function checkExamples(protocol: Protocol, cell: Cell | undefined): void {
  for (const one of cell?.items() ?? []) {
    const example = exampleOf(one);
    if (example === undefined) continue;
    const link = { transport: protocol.transports[0] ?? 'tcp', serverPort: example.serverPort ?? 0 } as const;
    const state = protocol.start(link, example.options ?? {});
    const dissected = protocol.dissect(fromHex(example.hex), example.direction, state);
    const [message] = dissected.messages;
    const remark = dissected.expert.find((info) => info.severity !== 'note') ?? dissected.expert[0];
    const why = remark === undefined ? '' : ` ${remark.text}`;
    if (message?.name !== example.message) {
      one.problem(
        `This example decodes as ${message?.name ?? 'no message'}, not as ${example.message ?? 'no message'}.${why}`,
      );
    } else if (example.fields !== undefined && !equalValues(plainValue(message.fields), example.fields)) {
      one.problem(`This example decodes to ${JSON.stringify(plainValue(message.fields))}.${why}`);
    }
  }
}
