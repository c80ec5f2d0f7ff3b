/** The composer's questions: a form for a message, and the bytes of what was filled in. */
import type { ComposeForm, FormControl, Verbs } from '../../contract/verbs.ts';
import type { Direction, Encoded, MessageSpec, Protocol } from '../../protocol/protocol.ts';
import { blank, form, type FormControl as SchemaControl } from '../../schema/form.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import { contextOf } from './frame-view.ts';
import { fieldsFromJson } from './json-fields.ts';
import { hexOf, jsonSafe } from './value-text.ts';

/** @throws EngineError `unknown-protocol`, `unknown-connection`, `not-found` */
export function composeForm(reader: SessionReader, args: Verbs['compose.form']['args']): ComposeForm {
  const { protocol, state } = contextOf(reader, args.conn, args.protocol);
  const original = args.from === undefined ? undefined : reader.bytes(args.from);
  const like =
    args.from === undefined
      ? undefined
      : reader.dissect(args.from, original)?.dissected.messages.find((m) => m.name === args.message);
  const spec = specOf({ protocol, state }, args.message, args.direction, like?.spec);
  const fields = like?.fields ?? spec.example ?? blank(spec.node);
  let hex = '';
  try {
    const how = like !== undefined && original !== undefined ? { original } : {};
    hex = hexOf(protocol.encode({ message: args.message, fields }, args.direction, state as never, how).bytes);
  } catch {
    // A blank message may not be encodable before something is filled in: the form is still useful.
  }
  return { form: controlOf(form(spec.node, fields)), fields: jsonSafe(fields) ?? null, hex };
}

/** @throws EngineError `not-encodable`, and as `composeForm` */
export function composeEncode(
  reader: SessionReader,
  args: Verbs['compose.encode']['args'],
  original: Uint8Array | undefined,
): Verbs['compose.encode']['result'] {
  const { protocol, state } = contextOf(reader, args.conn, args.protocol);
  const read =
    original === undefined ? undefined : readAgain({ protocol, state }, args.message, args.direction, original);
  const spec = specOf({ protocol, state }, args.message, args.direction, read);
  const fields = fieldsFromJson(spec.node, args.fields);
  let encoded: Encoded;
  try {
    encoded = protocol.encode({ message: args.message, fields }, args.direction, state as never, {
      ...(args.override === undefined ? {} : { override: args.override }),
      ...(original === undefined ? {} : { original }),
    });
  } catch (error) {
    throw new EngineError('not-encodable', error instanceof Error ? error.message : String(error));
  }
  return { hex: hexOf(encoded.bytes), expert: encoded.expert };
}

interface Context {
  readonly protocol: Protocol;
  readonly state: unknown;
}

/** Of several layouts of one message the one that this connection speaks. @param known told by bytes that were read */
function specOf(
  context: Context,
  message: string,
  direction: Direction,
  known: MessageSpec | undefined,
): MessageSpec & { readonly example: unknown } {
  const { protocol } = context;
  const fits = (spec: MessageSpec): boolean => spec.direction === 'both' || spec.direction === direction;
  const named = protocol.messages.filter((spec) => spec.name === message);
  const fitting = named.some(fits) ? named.filter(fits) : named;
  const spec = known ?? (fitting.length > 1 ? spokenOf(context, fitting, direction) : undefined) ?? fitting[0];
  if (spec === undefined) throw new EngineError('not-found', `${protocol.id} has no message ${message}.`);
  const example = protocol.examples.find((one) => one.message === message && one.direction === direction)?.fields;
  return { ...spec, example: example === undefined ? undefined : fieldsFromJson(spec.node, example) };
}

/** Written as the connection would write it and read back: what it is read as is what it speaks. */
function spokenOf(context: Context, specs: readonly MessageSpec[], direction: Direction): MessageSpec | undefined {
  for (const { name, node } of specs) {
    try {
      const composed = { message: name, fields: blank(node) };
      const { bytes } = context.protocol.encode(composed, direction, context.state as never, {});
      const read = readAgain(context, name, direction, bytes);
      if (read !== undefined) return read;
    } catch {
      // The blank one of another dialect cannot be written here.
    }
  }
  return undefined;
}

function readAgain(
  { protocol, state }: Context,
  message: string,
  direction: Direction,
  bytes: Uint8Array,
): MessageSpec | undefined {
  try {
    return protocol.dissect(bytes, direction, state as never).messages.find(({ name }) => name === message)?.spec;
  } catch {
    return undefined;
  }
}

function controlOf(control: SchemaControl): FormControl {
  const { meta } = control;
  const common = {
    path: control.path,
    label: control.label,
    ...(meta.doc === undefined ? {} : { doc: meta.doc }),
    ...(meta.unit === undefined ? {} : { unit: meta.unit }),
    ...(control.optional ? { optional: true } : {}),
    ...(control.measure === undefined ? {} : { measure: control.measure }),
    ...(meta.secret === true ? { secret: true } : {}),
  };
  if (control.optional && !control.present) return { ...common, control: 'absent' };
  switch (control.control) {
    case 'number':
    case 'text': {
      const value = { value: jsonSafe(control.value) };
      if (control.choices !== undefined && control.choices.length > 0) {
        const options = control.choices.map((choice) => ({ value: jsonSafe(choice.value), label: choice.label }));
        return { ...common, ...value, control: 'choice', options };
      }
      if (control.control === 'text') {
        return {
          ...common,
          ...value,
          control: 'text',
          ...(control.maxBytes === undefined ? {} : { max: control.maxBytes }),
        };
      }
      return {
        ...common,
        ...value,
        control: 'number',
        ...(control.min === undefined ? {} : { min: Number(control.min) }),
        ...(control.max === undefined ? {} : { max: Number(control.max) }),
      };
    }
    case 'bytes':
      return {
        ...common,
        control: 'hex',
        value: jsonSafe(control.value),
        ...(control.maxBytes === undefined ? {} : { max: control.maxBytes }),
      };
    case 'switch':
      return { ...common, control: 'check', value: control.value };
    case 'flags':
      return {
        ...common,
        control: 'flags',
        value: jsonSafe(control.value),
        options: control.flags.map((flag) => ({ value: flag.mask, label: flag.label })),
      };
    case 'derived':
      return { ...common, control: 'derived', value: jsonSafe(control.value), of: control.of };
    case 'group':
      return { ...common, control: 'group', children: control.children.map(controlOf) };
    case 'dictionary':
    case 'repeat':
      return { ...common, control: 'repeat', children: control.children.map(controlOf) };
    case 'variant':
      return {
        ...common,
        control: 'variant',
        value: control.chosen,
        options: control.options.map((label, value) => ({ value, label })),
        children: [controlOf(control.child)],
      };
    case 'json':
      return { ...common, control: 'json', value: jsonSafe(control.value) ?? null };
  }
}
