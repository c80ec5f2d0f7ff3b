/** A session file, or a selection of its frames, as exports read it. */
import type { ExportFrame, ExportMessage, ExportSource } from '../../export/export-source.ts';
import { FLAG, worstRank } from '../../session/frame-index.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import type { Connection, Frame } from '../../traffic/frame.ts';
import type { Selected } from './selection.ts';

const PAGE = 512;
const NO_MESSAGES: readonly ExportMessage[] = [];

/** @param title shown instead of the session's own */
export function sessionSource(reader: SessionReader, selected: Selected, title = reader.meta.title): ExportSource {
  const last = lastFrames(reader, selected);
  const connections = reader.connections();
  return {
    title,
    began: reader.began,
    isWhole: selected === undefined,
    connections: selected === undefined ? connections : connections.filter(({ id }) => last.has(id)),
    lastFrame: (conn) => last.get(conn) ?? 0,
    frames: () => frames(reader, selected),
  };
}

function* frames(reader: SessionReader, selected: Selected): Generator<ExportFrame> {
  if (selected === undefined) {
    for (const frame of reader.each()) yield exportFrame(reader, frame);
    return;
  }
  // Pages of neighbouring frames are read at once; distant ones alone.
  for (let at = 0; at < selected.length; ) {
    const from = selected[at]!;
    let end = at;
    while (end < selected.length && selected[end]! < from + PAGE) end++;
    const wanted = new Set(selected.subarray(at, end));
    for (const frame of reader.each({ from, to: selected[end - 1]! }))
      if (wanted.has(frame.n)) yield exportFrame(reader, frame);
    at = end;
  }
}

export function exportFrame(reader: SessionReader, frame: Frame): ExportFrame {
  const { n } = frame;
  const flags = reader.index.flags(n);
  const known = reader.dissect(n, frame.bytes);
  const answer = reader.answer(n);
  const { mark, comment } = flags & (FLAG.marked | FLAG.commented) ? reader.mark(n) : {};
  return {
    frame: worstRank(flags) === 0 ? frame : { ...frame, expert: reader.experts(n) },
    connection: reader.connection(frame.conn) ?? unknownConnection(frame),
    protocol: known?.protocol.id ?? '',
    messages: known?.dissected.messages ?? NO_MESSAGES,
    summary: reader.summary(n),
    waitedMs: flags & FLAG.outcome ? reader.outcome(n).waitedMs : 0,
    ...(answer === undefined ? {} : { answer }),
    ...(mark === undefined ? {} : { mark }),
    ...(comment === undefined ? {} : { comment }),
  };
}

/** A frame whose connection was never written, as a killed process may leave one behind. */
function unknownConnection({ conn, time }: Frame): Connection {
  const nowhere = { address: '', port: 0 };
  return { id: conn, transport: 'tcp', client: nowhere, server: nowhere, protocol: '', opened: time, details: {} };
}

function lastFrames({ index }: SessionReader, selected: Selected): ReadonlyMap<number, number> {
  const last = new Map<number, number>();
  if (selected === undefined) for (let n = 1; n <= index.count; n++) last.set(index.conn(n), n);
  else for (const n of selected) last.set(index.conn(n), n);
  return last;
}
