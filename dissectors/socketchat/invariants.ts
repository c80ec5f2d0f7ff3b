/**
 * Checks over one connection: what may come when (the state machine), and who is online. The seed is a draft, so everything is
 * a warning, and about the order only a note unless the connection was seen from its login on. Nothing here asks for a second connection.
 */
import type { SeenFrame, Watcher } from '../../core/protocol/protocol.ts';
import type { ExpertInfo } from '../../core/schema/expert-info.ts';
import { advance, CONNECTED, field, friendNames, type Session, yes } from './session.ts';

class ChatWatcher implements Watcher {
  private session: Session = CONNECTED;
  /** Users known to be online; undefined until a login was answered. */
  private online: Set<string> | undefined;
  private openChats = 0;
  private openGroup = 0;
  private openRegistrations = 0;
  private found: ExpertInfo[] = [];
  /** False for a recording that begins later than the connection, and for a client that skips the login: both look alike. */
  private fromStart: boolean | undefined;

  see(frame: SeenFrame): readonly ExpertInfo[] {
    this.found = [];
    for (const { name, fields } of frame.dissected.messages) {
      this.fromStart ??= name === 'login' || name === 'register';
      // A message that came the wrong way is the dissector's remark, and moves nothing here.
      if (frame.direction === 'toServer') this.fromClient(name, fields);
      else this.fromServer(name, fields);
      this.session = advance(this.session, frame.direction, name, fields);
    }
    return this.found;
  }

  private sequence(code: string, text: string): void {
    this.found.push({ severity: this.fromStart ? 'warning' : 'note', group: 'sequence', code, text });
  }

  private invariant(code: string, text: string, path: string): void {
    this.found.push({ severity: 'warning', group: 'invariant', code, text, path });
  }

  private fromClient(name: string | null, fields: unknown): void {
    const { phase } = this.session;
    switch (name) {
      case 'login':
        if (phase === 'online') this.sequence('login-twice', 'this connection is logged in already');
        else if (phase === 'waiting') this.sequence('login-twice', 'the login before this has no answer yet');
        return;
      case 'register':
        if (phase === 'online') this.sequence('register-online', 'registering belongs before the login');
        this.openRegistrations += 1;
        return;
      case 'logout':
        if (phase !== 'online') this.sequence('not-online', 'logs out without being logged in');
        return;
      case 'chat_send':
        if (phase !== 'online') this.sequence('not-online', 'chats without being logged in');
        this.openChats += 1;
        this.mustBeOnline(field(fields, 'FriendName'), 'FriendName', 'the receiver');
        return;
      case 'group_send':
        if (phase !== 'online') this.sequence('not-online', 'speaks without being logged in');
        this.openGroup += 1;
        return;
    }
  }

  private fromServer(name: string | null, fields: unknown): void {
    const { phase } = this.session;
    switch (name) {
      case 'login_result':
        this.loginResult(fields);
        return;
      case 'register_result':
        if (this.openRegistrations === 0) this.sequence('unasked', 'answers a registration that nobody sent');
        this.openRegistrations = Math.max(0, this.openRegistrations - 1);
        return;
      case 'chat_receipt':
        if (this.openChats === 0) this.sequence('unasked', 'a receipt, but no chat message waits for one');
        this.openChats = Math.max(0, this.openChats - 1);
        return;
      case 'user_online':
      case 'user_offline':
      case 'chat_recv':
      case 'group_recv':
        // One who just logged out may still be told: whether the leaver gets its own notice is open.
        if (phase === 'connected' || phase === 'waiting') {
          this.sequence('not-online', `${name} goes to a client that is not logged in`);
        }
        this.presence(name, fields);
        return;
    }
  }

  private loginResult(fields: unknown): void {
    if (this.session.phase !== 'waiting') this.sequence('unasked', 'answers a login that nobody sent');
    if (yes(field(fields, 'Flag')) !== true) return;
    const names = friendNames(field(fields, 'Friends'));
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) this.invariant('online-twice', `${twice} is listed twice`, 'Friends');
    this.online = new Set(names);
    if (this.session.name !== undefined) this.online.add(this.session.name);
  }

  private presence(name: string, fields: unknown): void {
    const { online } = this;
    if (online === undefined) return;
    if (name === 'user_online') {
      const who = field(fields, 'LogOnUserName');
      if (typeof who !== 'string') return;
      if (who === this.session.name) this.invariant('own-arrival', 'the newcomer itself is not told', 'LogOnUserName');
      else if (online.has(who)) this.invariant('online-twice', `${who} was online already`, 'LogOnUserName');
      online.add(who);
    } else if (name === 'user_offline') {
      const who = field(fields, 'LogOutUserName');
      if (typeof who !== 'string') return;
      if (!online.delete(who)) this.invariant('not-online-user', `${who} was not online`, 'LogOutUserName');
    } else if (name === 'chat_recv') this.mustBeOnline(field(fields, 'FriendName'), 'FriendName', 'the sender');
    else this.speaker(field(fields, 'Speaker'));
  }

  private speaker(who: unknown): void {
    if (who !== undefined && who === this.session.name) {
      if (this.openGroup === 0) this.invariant('own-voice', 'the own words come back, but none were sent', 'Speaker');
      this.openGroup = Math.max(0, this.openGroup - 1);
    } else this.mustBeOnline(who, 'Speaker', 'the speaker');
  }

  private mustBeOnline(who: unknown, path: string, what: string): void {
    if (typeof who !== 'string' || this.online === undefined || this.online.has(who)) return;
    this.invariant('not-online-user', `${what} ${who} is not online`, path);
  }
}

export function watchChat(): Watcher {
  return new ChatWatcher();
}
