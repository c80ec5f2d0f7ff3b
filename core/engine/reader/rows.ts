/** Timeline rows of frames: what the index knows, what the file adds, the columns and colours the view asked for. */
import type { Row } from '../../contract/rows.ts';
import { directionOf, FLAG, fateOf, originOf, worstOf } from '../../session/frame-index.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import type { StoredSubject } from '../../session/stored-subject.ts';
import type { CompiledColor } from './view.ts';
import { cellText } from './value-text.ts';
import { valuesAt } from './values-at.ts';

/** A control frame of the carrier says what it is; what it carries is seldom of interest. */
function summaryOf(subject: StoredSubject, isControl: boolean): string {
  if (!isControl) return subject.summary;
  const { carrier } = subject;
  if (!('opcode' in carrier)) return subject.summary;
  if (carrier.opcode !== 'close') return `WebSocket ${carrier.opcode}`;
  const { bytes } = subject;
  const code = bytes.length >= 2 ? ` ${(bytes[0]! << 8) | bytes[1]!}` : '';
  return `WebSocket close${code}`;
}

export function rowsOf(
  reader: SessionReader,
  frames: readonly number[],
  columns: readonly string[],
  colors: readonly CompiledColor[],
): Row[] {
  const subject = reader.subject();
  return frames.map((n) => rowOf(reader, subject, n, columns, colors));
}

function rowOf(
  reader: SessionReader,
  subject: StoredSubject,
  n: number,
  columns: readonly string[],
  colors: readonly CompiledColor[],
): Row {
  const { index } = reader;
  const flags = index.flags(n);
  subject.moveTo(n);
  const worst = worstOf(flags);
  const answer = reader.answer(n);
  const names = subject.names;
  const isLost = index.conn(n) === 0;
  const answered = answer ?? reader.answeredBy(n);
  return {
    n,
    time: isLost ? index.time(n) : reader.time(n),
    conn: index.conn(n),
    direction: directionOf(flags),
    origin: originOf(flags),
    fate: fateOf(flags),
    protocol: subject.protocol,
    message: names[0] ?? '',
    summary: isLost ? 'not recorded: the file could not be written' : summaryOf(subject, (flags & FLAG.control) !== 0),
    size: index.size(n),
    ...(worst === undefined ? {} : { worst }),
    expertCount: worst === undefined ? 0 : reader.expertCount(n),
    partner: answered === undefined ? 0 : 'request' in answered ? answered.request : answered.reply,
    answerMs: answer?.ms ?? Number.NaN,
    batch: names.length,
    marked: (flags & FLAG.marked) !== 0,
    commented: (flags & FLAG.commented) !== 0,
    waitedMs: subject.waitedMs,
    handoff: (flags & FLAG.handoff) !== 0,
    touchedBy: subject.touchedBy,
    isControl: (flags & FLAG.control) !== 0 || isLost,
    columns: columns.map((path) => cellText(valuesAt(subject, path)[0])),
    color: colors.findIndex(({ filter }) => filter.test(subject)),
  };
}
