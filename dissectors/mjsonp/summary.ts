/** One line per message, in a player's words: "P2 pon 1s from P3". Seats are P0 to P3, as numbered on the wire. */
import type { DissectedMessage } from '../../core/protocol/protocol.ts';
import { type Event, readEvent } from './event.ts';
import { HIDDEN } from './tiles.ts';

const seat = (id: number | undefined): string => `P${id ?? '?'}`;
const tiles = (list: readonly string[] | undefined): string => list?.join(' ') ?? '?';
const text = (value: unknown): string => (typeof value === 'string' ? value : '?');

function offers({ actions }: Event): string {
  if (actions === undefined || actions.length === 0) return '';
  const words = actions.map(({ type, consumed }) => (type === 'chi' ? `chi with ${tiles(consumed)}` : type));
  return ` · may ${[...new Set(words)].join(', ')}`;
}

function change(event: Event): string {
  const { deltas, scores } = event;
  const moved = deltas
    ?.map((delta, id) => (delta === 0 ? '' : `${seat(id)} ${delta > 0 ? '+' : ''}${delta}`))
    .filter(Boolean);
  const parts = [moved?.join(' ') ?? '', scores === undefined ? '' : `scores ${scores.join(' ')}`];
  return parts.filter(Boolean).join(' · ');
}

function win(event: Event): string {
  const { actor, target, pai, points, fu, fan, yakus } = event;
  const how = actor === target ? `by drawing ${pai ?? '?'}` : `on ${pai ?? '?'} from ${seat(target)}`;
  const worth = points === undefined ? '' : `: ${points} (${fu ?? '?'} fu ${fan ?? '?'} fan)`;
  const names = yakus?.map(([name, each]) => (each === 1 || each >= 100 ? name : `${name} ${each}`)).join(', ');
  return `${seat(actor)} wins ${how}${worth}${names === undefined ? '' : ` ${names}`}`;
}

function draw(event: Event): string {
  const ready = event.tenpais?.flatMap((is, id) => (is ? [seat(id)] : [])) ?? [];
  const who = event.actor === undefined ? '' : ` by ${seat(event.actor)}`;
  const tail = event.tenpais === undefined ? '' : ` · ready: ${ready.join(' ') || 'nobody'}`;
  return `drawn: ${event.reason ?? '?'}${who}${tail}`;
}

export function summary(message: DissectedMessage): string {
  const event = readEvent(message.fields);
  if (event === undefined) return '';
  const fields = message.fields as Readonly<Record<string, unknown>>;
  const who = seat(event.actor);
  const pai = event.pai ?? '?';
  switch (message.name) {
    case 'hello':
      return `${text(fields['protocol'])} version ${fields['protocol_version'] ?? '?'}`;
    case 'join':
      return `${text(fields['name'])} joins${typeof fields['room'] === 'string' ? ` room ${fields['room']}` : ''}`;
    case 'start_game':
      return `you are ${seat(event.id)} of ${event.names?.join(', ') ?? '?'}${'gametype' in fields ? ` · ${text(fields['gametype'])}` : ''}`;
    case 'start_kyoku':
      return `${event.bakaze ?? '?'}${event.kyoku ?? '?'} · dealer ${seat(event.oya)} · honba ${event.honba ?? '?'} · sticks ${event.kyotaku ?? '?'} · dora marker ${event.doraMarker ?? '?'}`;
    case 'tsumo':
      return `${who} draws ${pai === HIDDEN ? 'a hidden tile' : pai}${offers(event)}`;
    case 'dahai':
      return `${who} discards ${pai}${event.tsumogiri === true ? ' as drawn' : ''}${offers(event)}`;
    case 'chi':
      return `${who} chi ${pai} from ${seat(event.target)} with ${tiles(event.consumed)}`;
    case 'pon':
      return `${who} pon ${pai} from ${seat(event.target)}`;
    case 'daiminkan':
      return `${who} open kan ${pai} from ${seat(event.target)}`;
    case 'ankan':
      return `${who} closed kan ${event.consumed?.[0] ?? '?'}`;
    case 'kakan':
      return `${who} adds ${pai} to its pon${offers(event)}`;
    case 'reach':
      return `${who} declares reach`;
    case 'reach_accepted':
      return `${who} pays for its reach${event.scores === undefined ? '' : ` · ${change(event)}`}`;
    case 'dora':
      return `new dora marker ${event.doraMarker ?? '?'}`;
    case 'hora':
      return win(event);
    case 'ryukyoku':
      return draw(event);
    case 'end_kyoku':
      return 'round over';
    case 'end_game':
      return `game over · ${change(event)}`;
    case 'error':
      return text(fields['message']);
    case 'none':
      return event.actor === undefined ? 'nothing to do' : `${who} passes`;
    case 'kita':
    case 'nukidora':
      return `${who} sets ${pai} aside`;
    default:
      return '';
  }
}
