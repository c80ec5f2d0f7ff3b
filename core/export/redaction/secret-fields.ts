/** Where the schema says that a frame holds secrets. */
import type { Dissected, MessageSpec, Protocol } from '../../protocol/protocol.ts';
import { fieldsOf } from '../../schema/describe.ts';
import type { FieldNode, Meta } from '../../schema/nodes.ts';
import { joinPath, segmentOf } from '../../schema/path.ts';
import type { SecretKind } from './placeholder.ts';

export interface SecretField {
  readonly kind: SecretKind;
  /** `PAMSG_LOGIN.password`. */
  readonly where: string;
  readonly value: unknown;
  /** Kind of the node: tells how its bytes may be written over. */
  readonly node: FieldNode['kind'];
  /**
   * Bytes of the payload, without a length in front; those of everything packed around it when the field is inside compressed or
   * encoded content. A terminator is still in it.
   */
  readonly range: readonly [number, number];
  /** Kind of the node that `range` belongs to. */
  readonly outer: FieldNode['kind'];
}

function kindOfMeta(meta: Meta): SecretKind | undefined {
  if (meta.role === 'password') return 'password';
  if (meta.role === 'token') return 'token';
  return meta.secret === true ? 'secret' : undefined;
}

const known = new WeakMap<MessageSpec, boolean>();

function mayHoldSecrets(spec: MessageSpec): boolean {
  let answer = known.get(spec);
  if (answer === undefined) {
    answer = kindOfMeta(spec.node.meta) !== undefined || fieldsOf(spec.node).some(({ meta }) => kindOfMeta(meta));
    known.set(spec, answer);
  }
  return answer;
}

/** Paths handoffs and correlations call tokens, by message name. */
const tokens = new WeakMap<Protocol, ReadonlyMap<string, ReadonlySet<string>>>();

function tokenPaths(protocol: Protocol): ReadonlyMap<string, ReadonlySet<string>> {
  let paths = tokens.get(protocol);
  if (paths === undefined) {
    const made = new Map<string, Set<string>>();
    const add = (message: string, path: string): void => {
      made.set(message, (made.get(message) ?? new Set()).add(path));
    };
    for (const { message, token } of protocol.handoffs) if (token !== undefined) add(message, token);
    for (const { kind, issued, echoed } of protocol.correlations) {
      if (kind !== 'token' && kind !== 'salt') continue;
      for (const { message, path } of [issued, ...echoed]) add(message, path);
    }
    paths = made;
    tokens.set(protocol, paths);
  }
  return paths;
}

/** Leaves the schema or the protocol's handoffs call secret, empty ones left out. */
export function secretFields(protocol: Protocol, dissected: Dissected): SecretField[] {
  const paths = tokenPaths(protocol);
  const isWorthLooking = dissected.messages.some(
    ({ name, spec }) => (spec !== undefined && mayHoldSecrets(spec)) || (name !== null && paths.has(name)),
  );
  if (!isWorthLooking) return [];
  const found: SecretField[] = [];
  const names = dissected.messages.map(({ name, path }) => ({
    name: name ?? 'message',
    path,
    tokens: name === null ? undefined : paths.get(name),
  }));
  const visit = (
    node: FieldNode,
    path: string,
    above: SecretKind | undefined,
    outer: FieldNode | undefined,
    depth: number,
  ): void => {
    if (depth > 128) return;
    const owner = names.findLast((each) => each.path === '' || path === each.path || path.startsWith(each.path));
    const inside = owner === undefined ? path : path.slice(owner.path.length).replace(/^\./, '');
    const kind = kindOfMeta(node.meta) ?? above ?? (owner?.tokens?.has(inside) === true ? 'token' : undefined);
    const holder = outer ?? node;
    if (kind !== undefined && isLeaf(node) && node.inner === undefined && !isEmpty(node.value)) {
      found.push({
        kind,
        where: `${owner?.name ?? 'message'}${inside === '' ? '' : `.${inside}`}`,
        value: node.value,
        node: node.kind,
        range: contentRange(holder),
        outer: holder.kind,
      });
    }
    for (const child of node.children)
      if (!isPrefix(child)) visit(child, joinPath(path, segmentOf(node, child)), kind, outer, depth + 1);
    // Ranges inside count in the inner buffer: from outside, all of what is packed belongs together.
    if (node.inner !== undefined) visit(node.inner.root, path, kind, holder, depth + 1);
  };
  visit(dissected.tree(), '', undefined, undefined, 0);
  return found;
}

/** A field's bytes without the length in front of them. */
export function contentRange({ children, start, end }: FieldNode): readonly [number, number] {
  return [children.find(isPrefix)?.end ?? start, end];
}

/** A length or count in front of what it counts: `#length`. */
function isPrefix({ name }: FieldNode): boolean {
  return name === '#length' || name === '#count';
}
function isLeaf({ children }: FieldNode): boolean {
  return children.every(isPrefix);
}

function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    typeof value === 'boolean' ||
    value === '' ||
    (value instanceof Uint8Array && value.length === 0)
  );
}
