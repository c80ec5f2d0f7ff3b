/** Remarks on one message that its schema cannot make: reserved names, spellings of lists, keys that exclude each other. */
import type { DissectedMessage } from '../../core/protocol/protocol.ts';
import type { ExpertInfo } from '../../core/schema/expert-info.ts';
import { reservedProblem } from './names.ts';
import { field, yes } from './session.ts';

const NAME_KEYS = ['Name', 'LogOnUserName', 'LogOutUserName', 'FriendName', 'Speaker'];

export function checkMessage(message: DissectedMessage): readonly ExpertInfo[] {
  const { fields, name } = message;
  const found: ExpertInfo[] = [];
  const say = (severity: ExpertInfo['severity'], code: string, text: string, path: string): void => {
    found.push({ severity, group: 'schema', code, text, path });
  };
  for (const key of NAME_KEYS) {
    const problem = reservedProblem(field(fields, key));
    if (problem !== undefined) say(problem.severity, 'reserved-name', problem.text, key);
  }
  if (name === 'register' && field(fields, 'Password') === '') {
    say('warning', 'empty-password', 'Registering needs a password.', 'Password');
  }
  const flag = yes(field(fields, 'Flag'));
  if (name === 'register_result') {
    const has = field(fields, 'Message') !== undefined;
    if (flag === false && !has)
      say('warning', 'no-reason', 'A refused registration should say why in Message.', 'Flag');
    if (flag === true && has) say('note', 'reason-of-success', 'Message belongs to a refused registration.', 'Message');
  }
  if (name === 'login_result') checkFriends(field(fields, 'Friends'), flag, say);
  return found;
}

function checkFriends(
  list: unknown,
  flag: boolean | undefined,
  say: (severity: ExpertInfo['severity'], code: string, text: string, path: string) => void,
): void {
  if (flag === true && list === undefined)
    say('warning', 'no-friends', 'A login that worked lists who is online.', 'Flag');
  if (!Array.isArray(list)) return;
  if (flag === false && list.length > 0) {
    say('note', 'friends-of-failure', 'The list means nothing when the login failed.', 'Friends');
  }
  const odd = list.findIndex((item: unknown) => !Array.isArray(item) || item.length !== 2);
  if (odd >= 0) {
    say('warning', 'friends-spelling', 'Each online user should be a pair of name and 0 or 1.', `Friends[${odd}]`);
  } else {
    const loose = list.findIndex((item: unknown) => Array.isArray(item) && item[1] !== 0 && item[1] !== 1);
    if (loose >= 0)
      say('warning', 'friends-spelling', 'Whether a user is a guest should be 0 or 1.', `Friends[${loose}]`);
  }
  list.forEach((item: unknown, index) => {
    const problem = reservedProblem(Array.isArray(item) ? item[0] : item);
    if (problem !== undefined) say(problem.severity, 'reserved-name', problem.text, `Friends[${index}]`);
  });
}
