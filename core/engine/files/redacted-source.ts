/** A session as exports read it, with its secrets replaced. The session itself is never changed. */
import type { ExportFrame, ExportSource } from '../../export/export-source.ts';
import { type Dissect, Redactor } from '../../export/redaction/redactor.ts';
import { summaryOf } from '../../session/dissection.ts';
import type { SessionReader } from '../../session/session-reader.ts';

/** Looks at the whole session, not only at what is exported: a secret may be given away by a frame that is left out. */
export function learnSecrets(reader: SessionReader): Redactor {
  const redactor = new Redactor(reader.protocols);
  for (const connection of reader.connections()) redactor.learnConnection(connection);
  for (const frame of reader.each()) {
    redactor.learnFrame(frame.bytes, dissectAs(reader, frame.n));
    if (frame.sent !== undefined) redactor.learnFrame(frame.sent, dissectAs(reader, frame.n));
  }
  for (const row of reader.db.prepare('SELECT comment FROM marks WHERE comment IS NOT NULL').all())
    redactor.learnText(String((row as { comment: unknown }).comment), 'comment');
  return redactor;
}

export function redactedSource(source: ExportSource, reader: SessionReader, redactor: Redactor): ExportSource {
  const connections = source.connections.map((connection) => redactor.redactConnection(connection));
  const byId = new Map(connections.map((connection) => [connection.id, connection]));
  return {
    ...source,
    title: redactor.redactText(source.title),
    connections,
    *frames() {
      for (const exported of source.frames()) yield redacted(exported, reader, redactor, byId.get(exported.frame.conn));
    },
  };
}

function redacted(
  exported: ExportFrame,
  reader: SessionReader,
  redactor: Redactor,
  connection: ExportFrame['connection'] | undefined,
): ExportFrame {
  const { frame, comment } = exported;
  const dissect = dissectAs(reader, frame.n);
  const bytes = redactor.redactBytes(frame.bytes, dissect);
  // Read anew from what is left, so that nothing of the secret comes along.
  const known = bytes === frame.bytes ? undefined : dissect(bytes);
  const messages = known?.dissected.messages ?? exported.messages;
  const summary =
    known === undefined ? exported.summary : summaryOf(known.protocol, known.dissected.messages, frame.direction);
  return {
    ...exported,
    connection: connection ?? redactor.redactConnection(exported.connection),
    frame: {
      ...frame,
      bytes,
      head: redactor.redactBytes(frame.head, () => undefined),
      tail: redactor.redactBytes(frame.tail, () => undefined),
      expert: frame.expert.map((info) => ({ ...info, text: redactor.redactText(info.text) })),
      ...(frame.sent === undefined ? {} : { sent: redactor.redactBytes(frame.sent, dissect) }),
    },
    messages: messages.map((message) => ({ ...message, fields: redactor.redactValue(message.fields) })),
    summary: redactor.redactText(summary),
    ...(comment === undefined ? {} : { comment: redactor.redactText(comment) }),
  };
}

function dissectAs(reader: SessionReader, n: number): Dissect {
  return (bytes) => reader.dissect(n, bytes);
}
