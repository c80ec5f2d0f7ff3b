/** The composer: a message to send into a live connection, from history, from the schema or from nothing. */
import type { Direction } from '../../../core/traffic/frame.ts';
import type { EngineClient } from '../engine-client/engine-client.ts';
import type { Mirror } from '../engine-client/mirror.ts';
import type { Dock } from '../state/dock.ts';
import type { Notices } from '../state/notices.ts';
import { createStore, type Store } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { createMessageDraft, type MessageDraft } from './message-draft.ts';

export interface SendOptions {
  readonly conn: number;
  readonly direction: Direction;
  readonly repeat: number;
  readonly intervalMs: number;
  /** WebSocket. */
  readonly opcode: 'text' | 'binary' | 'ping' | 'pong' | 'close' | '';
  /** ENet; -1: as the message usually goes. */
  readonly channel: number;
  readonly reliable: boolean;
  readonly absorbAnswer: boolean;
}

export interface ComposeService {
  readonly draft: MessageDraft;
  readonly options: Store<SendOptions>;
  /** Opens a recorded frame for editing and sending again. */
  editFrame(n: number): void;
  /** The same with other bytes in it. */
  editFrameAs(n: number, hex: string): void;
  /** What to say on a connection, the other way than the message it answers: like another answer, or anew. */
  answerFor(to: { readonly conn: number; readonly direction: Direction }, like: number | undefined): Promise<void>;
  send(): Promise<void>;
}

export interface ComposeDeps {
  readonly client: EngineClient;
  readonly mirror: Mirror;
  readonly dock: Dock;
  readonly notices: Notices;
}

const OPTIONS: SendOptions = {
  conn: 0,
  direction: 'toServer',
  repeat: 1,
  intervalMs: 0,
  opcode: '',
  channel: -1,
  reliable: true,
  absorbAnswer: false,
};

export function createComposeService({ client, mirror, dock, notices }: ComposeDeps): ComposeService {
  const draft = createMessageDraft(client);
  const options = createStore(OPTIONS);
  const openFrame = async (n: number): Promise<void> => {
    dock.show('compose');
    await draft.openFrame(n);
    const { frame } = draft.state.get();
    if (frame === null) return;
    const open = mirror.connections.get().filter((each) => each.closed === undefined);
    // The connection it came from when it still stands, else another to the same kind of server.
    const target =
      open.find((each) => each.id === frame.conn) ??
      open.find((each) => each.proxy === frame.connection.proxy && each.role === frame.connection.role) ??
      open.find((each) => each.protocol === frame.protocol && each.role === frame.connection.role);
    const { carrier } = frame;
    options.set({
      ...OPTIONS,
      conn: target?.id ?? 0,
      direction: frame.direction,
      opcode: 'opcode' in carrier && carrier.opcode === 'binary' ? 'binary' : 'opcode' in carrier ? 'text' : '',
      channel: 'channel' in carrier ? (carrier.channel as number) : -1,
      reliable: 'reliable' in carrier ? carrier.reliable === true : true,
    });
  };
  return {
    draft,
    options,
    editFrame: (n) => void openFrame(n).catch(notices.problem),
    editFrameAs: (n, hex) => void openFrame(n).then(() => draft.setHex(hex), notices.problem),
    async answerFor({ conn, direction: asked }, like) {
      const direction = asked === 'toServer' ? 'toClient' : 'toServer';
      if (like === undefined) {
        draft.clear();
        dock.show('compose');
        options.set({ ...OPTIONS, conn, direction });
        return;
      }
      await openFrame(like);
      options.update((now) => ({ ...now, conn, direction }));
    },
    async send() {
      const hex = draft.bytesToSend();
      const { conn, direction, repeat, intervalMs, opcode, channel, reliable, absorbAnswer } = options.get();
      if (hex === null) throw new Error(t.holds.notSendable);
      if (conn === 0) throw new Error(t.compose.noConnection);
      const carrier = opcode !== '' ? { opcode } : channel >= 0 ? { channel, reliable } : undefined;
      const sent = await client.request('inject', {
        conn,
        direction,
        hex,
        ...(carrier === undefined ? {} : { carrier }),
        ...(repeat > 1 ? { repeat, intervalMs } : {}),
        ...(absorbAnswer ? { absorbAnswer } : {}),
      });
      notices.say(t.compose.sent(sent.frames.length));
    },
  };
}
