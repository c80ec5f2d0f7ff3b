import { useRef } from 'react';
import type { FrameSide, FramesDiff } from '../../../core/contract/compare-verbs.ts';
import { t } from '../strings/strings.ts';
import { VirtualRows } from '../widgets/virtual-rows.tsx';

const WIDTH = 8;
const ROW = 22;

type Ranges = readonly (readonly [number, number])[];

/** The payloads beside each other, eight bytes a line; what differs is marked as in the fields. */
export function BytePair({ pair }: { readonly pair: FramesDiff }) {
  const scroller = useRef<HTMLDivElement>(null);
  const { a, b, bytes } = pair;
  const lines = Math.ceil(Math.max(a.hex.length, b.hex.length) / 2 / WIDTH);
  const shown = Math.max(a.hex.length, b.hex.length) / 2;
  const [inA, inB] = [bytes.map((range) => range.a), bytes.map((range) => range.b)];
  return (
    <div className="pane">
      <div className="head">
        <h2>{t.diff.bytes}</h2>
        <span className="cut">
          {[
            t.diff.bytesText(a.size, b.size),
            bytes.length === 0 ? t.diff.bytesSame : '',
            shown < Math.max(a.size, b.size) ? t.diff.bytesCut(shown) : '',
          ]
            .filter((text) => text !== '')
            .join(' · ')}
        </span>
      </div>
      <div className="scroll byte-pair" role="group" aria-label={t.diff.bytes} tabIndex={0} ref={scroller}>
        <VirtualRows
          count={lines}
          rowHeight={ROW}
          scroller={scroller}
          above={0}
          render={(line) => (
            <div key={line} className="bp">
              <span className="o">{(line * WIDTH).toString(16).padStart(4, '0')}</span>
              <Side side={a} line={line} ranges={inA} mark="del" />
              <Side side={b} line={line} ranges={inB} mark="ins" />
            </div>
          )}
        />
      </div>
    </div>
  );
}

function Side({
  side,
  line,
  ranges,
  mark,
}: {
  readonly side: FrameSide;
  readonly line: number;
  readonly ranges: Ranges;
  readonly mark: 'del' | 'ins';
}) {
  const cells = Array.from({ length: WIDTH }, (_, i) => line * WIDTH + i);
  const look = (at: number): string => (ranges.some(([from, to]) => at >= from && at < to) ? mark : '');
  const hexAt = (at: number): string => side.hex.slice(at * 2, at * 2 + 2);
  return (
    <>
      <span className="bytes">
        {cells.map((at) => (
          <i key={at} className={look(at) || (hexAt(at) === '00' ? 'zero' : '')}>
            {hexAt(at)}
          </i>
        ))}
      </span>
      <span className="chars" aria-hidden="true">
        {cells.map((at) => (
          <i key={at} className={look(at)}>
            {charOf(hexAt(at))}
          </i>
        ))}
      </span>
    </>
  );
}

function charOf(hex: string): string {
  if (hex === '') return '';
  const code = Number.parseInt(hex, 16);
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '·';
}
