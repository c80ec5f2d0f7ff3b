import type { FrameView } from '../../../core/contract/frames.ts';
import { seconds, wallTime, milliseconds } from '../format/number.ts';
import { languageOf, oneLine } from '../format/text.ts';
import { t } from '../strings/strings.ts';
import { carrierText } from './carrier-text.ts';
import { PairFacts } from './pair-facts.tsx';

/** The frame as a whole, when no field is chosen. */
export function FrameFacts({ frame }: { readonly frame: FrameView }) {
  const message = frame.messages[0];
  const { connection } = frame;
  const facts: readonly (readonly [string, string, boolean?])[] = [
    [t.inspector.meaning, message?.doc ?? '', true],
    [t.inspector.summary, oneLine(message?.summary ?? ''), true],
    [t.inspector.time, `${seconds(frame.at)} s · ${wallTime(frame.time)}`],
    [
      t.timeline.columns.conn,
      `c${frame.conn} · ${connection.client.address}:${connection.client.port} → ${connection.server.address}:${connection.server.port}`,
    ],
    [t.inspector.carrierTitle, carrierText(frame)],
    [t.inspector.origin, frame.origin === 'wire' ? '' : frame.origin],
    [t.inspector.fate, frame.fate === 'forwarded' ? '' : frame.fate],
    [t.inspector.waited, milliseconds(frame.waitedMs)],
    [t.inspector.touchedBy, frame.touchedBy.join(', '), true],
    [t.inspector.framing, frame.head === '' && frame.tail === '' ? '' : `${frame.head || '—'} … ${frame.tail || '—'}`],
    [t.commands.titles.mark, frame.mark === 'mark' ? '' : (frame.mark ?? '')],
    [t.inspector.comment, frame.comment ?? '', true],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value, wraps]) =>
        value === '' ? null : (
          <div key={name} className="fact">
            <dt>{name}</dt>
            <dd className={wraps === true ? 'wrap' : ''} title={value} lang={languageOf(value)}>
              {value}
            </dd>
          </div>
        ),
      )}
      <PairFacts frame={frame} />
    </dl>
  );
}
