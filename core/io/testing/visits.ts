/** Short visits to the worlds of `fixtures/` in which nothing is left to the dice of the server but tokens and ids. */
import { seededDice } from '../../../fixtures/dice.ts';
import { C } from '../../../fixtures/fco/commands.ts';
import { GameClient } from '../../../fixtures/fco/game-client.ts';
import type { Message } from '../../../fixtures/fco/wire.ts';
import type { Line } from '../../../fixtures/mana/line.ts';
import { type Part, type Stage, Visitor } from '../../../fixtures/mana/visitor.ts';
import { codecOf } from '../../../fixtures/mana/wire.ts';
import { ChatClient } from '../../../fixtures/socketchat/chat-client.ts';
import { spellingOf } from '../../../fixtures/socketchat/wire.ts';
import { choiceOf } from '../../../fixtures/muddery/envelope.ts';
import { Player } from '../../../fixtures/muddery/player.ts';

type Endpoints = Readonly<Record<string, string>>;

/** Logs in, enters the world, asks about itself, walks, chats and leaves. */
export async function visitFco(
  { login, play, chat }: Endpoints,
  name = 'mina',
  received: (message: Message) => void = () => undefined,
): Promise<void> {
  const watch = { sent: () => undefined, received };
  const door = await GameClient.open(login!, watch);
  const credentials = { user_name: name, pass: 'kitsune' };
  await door.ask({ command: C.mapMasterRequest, user_id: 0 }, C.mapMaster);
  await door.ask({ command: C.createUser, ...credentials, character_name: `${name}ちゃん` }, C.createOk);
  const entered = await door.ask({ command: C.login, ...credentials }, C.loginOk);
  const own = (command: number, more: object = {}): Message => ({ command, user_id: entered['user_id'], ...more });
  const world = await GameClient.open(play!, watch);
  await world.ask(own(C.saveLoadRequest), C.saveLoad);
  await world.ask(own(C.saveModelType, { model_id: 103 }), C.saveModelTypeOk);
  await world.ask(own(C.loadingOk), C.otherPlayers);
  door.close();
  await world.ask(own(C.parameterRequest), C.parameters);
  await world.ask(own(C.statusRequest, { target_id: entered['user_id'], type: 0 }), C.status);
  await world.ask(own(C.playerDetailRequest, { target_id: entered['user_id'], map_id: 1 }), C.playerDetail);
  await world.ask(own(C.move, { x: -210, y: 0, z: -200, dir: 90, animation: 1 }), C.moveSync);
  await world.ask(own(C.inventoryRequest), C.inventory);
  const mouth = await GameClient.open(chat!, watch);
  await mouth.ask({ command: C.chatSend, user_name: name, message: 'こんにちは' }, C.chatAll);
  mouth.close();
  world.send(own(C.logout));
  await world.expect(C.playerLoggedOut);
  await world.expect(C.finishComplete);
  world.close();
}

/** Two players meet, look at each other, talk, and delete their accounts. */
export async function visitMuddery({ game }: Endpoints, names: readonly string[] = ['晓', '岚']): Promise<void> {
  const over = new AbortController();
  const choice = choiceOf({});
  const open = (label: string): Promise<Player> =>
    Player.connect(label, {
      url: game!,
      choice,
      pace: 'fast',
      dice: seededDice(label),
      signal: over.signal,
      count: () => undefined,
    });
  const players: { player: Player; name: string; login: { username: string; password: string } }[] = [];
  for (const [i, name] of names.entries()) {
    const player = await open(`visitor${i}`);
    const login = { username: `visitor_${name}`, password: 'seaside' };
    await player.does('unloggedin_look');
    await player.does('create', { ...login, connect: true });
    await player.does('char_create', { name });
    await player.does('puppet', Number(player.characters.find((one) => one.name === name)?.id));
    players.push({ player, name, login });
  }
  const [first, second] = players;
  if (first !== undefined && second !== undefined) {
    await first.player.hears('obj_moved_in', (who) => who['name'] === second.name);
    await first.player.does('look_room_char', first.player.who(second.name));
    await first.player.does('say', { type: 'PRIVATE', target: first.player.who(second.name), message: '你好' });
    await first.player.does('inventory');
  }
  for (const { player, login } of players.reverse()) {
    await player.does('unpuppet');
    await player.does('delete_account', login);
    await player.goodbye();
  }
  over.abort();
}

const PARTS: readonly Part[] = [
  { user: 'wren', password: 'heron', character: 'Wren', gender: 1, hairStyle: 3, hairColor: 4 },
];

/** Registers, enters the world by the handoff, speaks there and in the chat, and leaves by the account server. */
export async function visitMana({ account }: Endpoints, part: Part = PARTS[0]!): Promise<void> {
  const lines = new Set<Line>();
  const stage: Stage = {
    account: account!,
    codec: codecOf('2011', false),
    dice: seededDice('visit'),
    patienceMs: 30_000,
    tell: () => undefined,
    count: () => undefined,
    pause: () => Promise.resolve(),
    opened: (line) => void lines.add(line),
  };
  const visitor = new Visitor(part, stage);
  try {
    await visitor.openAccount();
    await visitor.register();
    await visitor.createCharacter();
    await visitor.enterWorld();
    await visitor.act('PGMSG_SAY', { text: 'Is anybody here?' });
    await visitor.settle();
    await visitor.talk('PCMSG_WHO');
    await visitor.chat.expect('CPMSG_WHO_RESPONSE');
    await visitor.leave(true);
    await visitor.unregister();
    await visitor.closeAccount();
  } finally {
    await Promise.all([...lines].map((line) => line.abort()));
  }
}

/** One person registers, logs in, speaks to all and to nobody, and leaves. */
export async function visitChat({ plain }: Endpoints, name = 'Quinn42'): Promise<void> {
  const over = new AbortController();
  const client = await ChatClient.connect('quinn', {
    url: plain!,
    ca: undefined,
    spelling: spellingOf({}),
    signal: over.signal,
    count: () => undefined,
    patienceMs: 30_000,
  });
  await client.send('02', { Name: name, Password: 'lantern7' });
  await client.expect('register_result');
  await client.send('01', { Name: name, Password: 'lantern7' });
  await client.expect('login_result');
  for (let i = 0; i < 5; i++) {
    await client.send('05', { Message: `message ${i} to all` });
    await client.expect('group_recv', (m) => m['Speaker'] === name);
    await client.send('04', { FriendName: 'nobody', Message: `is there anybody? ${i}` });
    await client.expect('chat_receipt');
  }
  await client.send('03');
  await client.left();
  over.abort();
}
