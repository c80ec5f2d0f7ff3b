import { grouped } from '../format/number.ts';

const plural = (n: number, one: string, many: string): string => `${grouped(n)} ${n === 1 ? one : many}`;

export const diffStrings = {
  modes: { sessions: 'Two sessions', messages: 'One message type', frames: 'Two frames' },
  mode: 'What to compare',
  first: 'First',
  second: 'Second',
  thisSession: 'this session',
  pathHint: 'A session, a capture, a HAR or a log; empty is the open session.',
  choose: 'Choose a file',
  swap: 'Exchange first and second',
  compare: 'Compare',
  comparing: 'Comparing…',
  filter: 'Frames',
  everything: 'every frame',
  lead: 'Pairs the connections of two recordings by protocol, role and port, and compares both directions by meaning. Ids and tokens issued anew are set aside, and listed.',
  same: 'The same',
  notSame: (counts: Readonly<Record<string, number>>): string => {
    const parts: string[] = [];
    const add = (n: number | undefined, text: (n: number) => string): void => {
      if (n !== undefined && n > 0) parts.push(text(n));
    };
    add(counts['different'], (n) => plural(n, 'message differs', 'messages differ'));
    add(counts['missing'], (n) => `${grouped(n)} only in the first`);
    add(counts['extra'], (n) => `${grouped(n)} only in the second`);
    return parts.length === 0 ? 'Not the same' : `Not the same: ${parts.join(', ')}`;
  },
  outcomes: { same: 'same', different: 'different', missing: 'only first', extra: 'only second' },
  alignment: 'Messages of both sessions',
  setAside: (n: number) => `${plural(n, 'field was', 'fields were')} set aside:`,
  all: 'All',
  notSameRows: (n: number) => `Not the same ${grouped(n)}`,
  show: 'Show',
  nextDifference: 'next difference',
  nothingHere: '—',
  choosePair: 'Choose a row to compare its fields and bytes.',
  onlyOne: (message: string) => `${message} is in one of the two only: there is nothing to compare it with.`,
  fields: 'Fields',
  wholeValue: 'value',
  field: 'Field',
  bytes: 'Bytes',
  bytesText: (a: number, b: number): string => (a === b ? `${grouped(a)} each` : `${grouped(a)} and ${grouped(b)}`),
  bytesSame: 'the same in both',
  bytesCut: (n: number) => `the first ${grouped(n)} of each`,
  offset: 'Offset',
  onlyDifferent: 'Only what differs',
  fieldsDiffer: (n: number) => (n === 0 ? 'no field differs' : plural(n, 'field differs', 'fields differ')),
  message: 'Message',
  chooseMessage: 'Choose a message',
  direction: 'Direction',
  eitherDirection: 'both directions',
  rows: (shown: number, total: number) =>
    shown === total ? plural(total, 'message', 'messages') : `${grouped(shown)} of ${grouped(total)} messages`,
  table: (message: string) => `All ${message} messages`,
  constant: (n: number) => `${plural(n, 'field is', 'fields are')} the same in all:`,
  columnsText: 'A column for each field that is not the same in all of them.',
  time: 'Time s',
  connection: 'Conn',
  frameA: 'First frame',
  frameB: 'Second frame',
  useSelection: 'The selected two',
  chooseFrames: 'Select two frames of the timeline and press X, or give their numbers.',
};
