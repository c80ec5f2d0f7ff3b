/**
 * A protocol of the user's own, from a YAML file (`interpose.protocol.yaml`): framing, messages by direction and state,
 * pairs, handoffs, correlations, invariants, summaries, examples. Every mistake is told with its line and column; a file
 * without mistakes gives a protocol like any other. See docs/add-a-protocol.md.
 */
import { defineProtocol, type Discriminator, type ProtocolDefinition } from './define-protocol.ts';
import type { Protocol, Transport } from './protocol.ts';
import { type CompileCondition, watcherOf } from './yaml-conditions.ts';
import { discriminatorOf, styleOf, tagOf, withPick } from './yaml-discriminator.ts';
import { checkExamples, exampleOf } from './yaml-examples.ts';
import { fieldNode, type FieldWorld } from './yaml-fields.ts';
import { framingOf } from './yaml-framing.ts';
import { messagesOf } from './yaml-messages.ts';
import { optionsOf, portOf, TRANSPORTS } from './yaml-ports.ts';
import { correlationOf, handoffOf, invariantOf, pairOf } from './yaml-relations.ts';
import { type Cell, type YamlProblem, YamlSource } from './yaml-source.ts';
import { statesOf } from './yaml-states.ts';
import { checkStates, outOfState, type State, summaryOf, tables } from './yaml-tables.ts';

export type { CompileCondition } from './yaml-conditions.ts';
export type { YamlProblem } from './yaml-source.ts';

export interface LoadedProtocol {
  /** Only when there are no problems. */
  readonly protocol?: Protocol;
  /** In the order of the file. */
  readonly problems: readonly YamlProblem[];
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
