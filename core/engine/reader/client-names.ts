/**
 * What clients call themselves, as far as their messages say so: the name beside a password or token is who logs in; failing
 * that, a name in the very first thing a client says. Protocols need to say no more than which fields are names.
 */
import { fieldsOf } from '../../schema/describe.ts';
import { MESSAGE_IN_FILE } from '../../session/frame-index.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import { valuesAt } from './values-at.ts';

/** A name that stands beside no secret counts only in the first message: later ones speak of others. */
const FIRST = 1;
/** Logins looked at per connection; who retries for ever is named by what was tried by then. */
const LOGINS = 20;
const LONGEST = 40;
/** Beside no secret, the name of a channel or of a receiver is a name too; one's own is called by one of these words. */
const OWN = /(^|[._])(name|nick(name)?|(user|player|account|login|client|character)(_?name)?)$/i;
/** What has a password and a name without being anybody. */
const OTHERS = /channel|room|lobby|guild|party|group|server|world|realm|map|game|receiver|target|to$/i;

interface Naming {
  readonly paths: readonly string[];
  readonly isLogin: boolean;
}

interface Named {
  name: string | undefined;
  isLogin: boolean;
  seen: number;
  logins: number;
}

export class ClientNames {
  readonly #reader: SessionReader;
  readonly #namings = new Map<number, Naming | undefined>();
  readonly #clients = new Map<number, Named>();

  constructor(reader: SessionReader) {
    this.#reader = reader;
  }

  of(conn: number): string | undefined {
    return this.#clients.get(conn)?.name;
  }

  clear(): void {
    this.#namings.clear();
    this.#clients.clear();
  }

  /** A message of a client, in order. */
  see(n: number): void {
    const { index } = this.#reader;
    const conn = index.conn(n);
    let named = this.#clients.get(conn);
    if (named === undefined) this.#clients.set(conn, (named = { name: undefined, isLogin: false, seen: 0, logins: 0 }));
    if (++named.seen > FIRST && named.logins >= LOGINS) return;
    const naming = this.#naming(n);
    if (naming === undefined) return;
    if (naming.isLogin ? ++named.logins > LOGINS : named.isLogin || named.seen > FIRST) return;
    const name = this.#nameIn(n, naming);
    if (name === undefined) return;
    named.name = name;
    named.isLogin = naming.isLogin;
  }

  #nameIn(n: number, { paths }: Naming): string | undefined {
    const subject = this.#reader.subject().moveTo(n);
    for (const path of paths) {
      const value = valuesAt(subject, `fields.${path}`)[0];
      if (typeof value !== 'string') continue;
      const name = value.trim();
      if (name !== '' && name.length <= LONGEST && !/[\p{Cc}\p{Cf}]/u.test(name)) return name;
    }
    return undefined;
  }

  /** Where the message of a frame has its client's name. */
  #naming(n: number): Naming | undefined {
    const id = this.#reader.index.message(n);
    // Several messages in one frame: which they are is in the file, and none of them is a login.
    if (id === 0 || id === MESSAGE_IN_FILE) return undefined;
    if (this.#namings.has(id)) return this.#namings.get(id);
    const protocol = this.#reader.protocol(this.#reader.connection(this.#reader.index.conn(n))?.protocol ?? '');
    const name = this.#reader.messageNames(n)[0];
    const spec = protocol?.messages.find((message) => message.name === name && message.direction !== 'toClient');
    const fields = spec === undefined ? [] : fieldsOf(spec.node);
    const isLogin = fields.some(({ meta }) => meta.secret === true);
    const paths = fields
      .filter(({ path, meta }) => meta.role === 'name' && meta.secret !== true && !/[[*]/.test(path))
      .filter(({ path }) => OWN.test(path) || (isLogin && !OTHERS.test(path)))
      .map(({ path }) => path);
    const naming = paths.length === 0 ? undefined : { paths, isLogin };
    this.#namings.set(id, naming);
    return naming;
  }
}
