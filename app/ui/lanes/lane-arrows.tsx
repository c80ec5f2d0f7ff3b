import type { Row } from '../../../core/contract/rows.ts';
import { useApp } from '../app.ts';
import { milliseconds } from '../format/number.ts';
import { oneLine } from '../format/text.ts';
import { useStore } from '../state/store.ts';
import { isSelected } from '../timeline/selection.ts';
import { messageText, timeText } from '../timeline/row-cells.ts';
import { t } from '../strings/strings.ts';
import { LANE_TIME as TIME, laneX, type LanePlan } from './lanes-model.ts';

export const LANE_ROW = 30;
const LINE = 20;
const SLOPE = 4;

export interface ShownRow {
  readonly index: number;
  readonly row: Row | undefined;
}

export function LaneArrows({
  plan,
  shown,
  top,
  width,
}: {
  readonly plan: LanePlan;
  readonly shown: readonly ShownRow[];
  readonly top: number;
  readonly width: number;
}) {
  const app = useApp();
  const selection = useStore(app.selection);
  const context = useStore(app.rowContext);
  const x = (share: number): number => laneX(share, width);
  const yOf = (index: number): number => Math.round((index - top) * LANE_ROW);
  const byNumber = new Map(
    shown.flatMap(({ index, row }) => (row === undefined ? [] : [[row.n, { index, row }] as const])),
  );
  const last = shown.at(-1);
  const height = last === undefined ? 0 : yOf(last.index + 1);
  return (
    <svg className="lanesvg" aria-hidden="true" width={width} height={Math.max(0, height)}>
      {plan.lanes.map((lane) => (
        <line key={lane.id} className="life" x1={x(lane.x)} x2={x(lane.x)} y1={0} y2={height} />
      ))}
      {shown.map(({ index, row }, i) => {
        if (row === undefined) return null;
        const before = shown[i - 1]?.row;
        const y = yOf(index);
        const time = timeText(row.time, context).replace(/\u2009\d{3}$/, '');
        const gap = before === undefined ? 0 : row.time - before.time;
        const chosen = isSelected(selection, row.n);
        return (
          <g key={row.n}>
            {chosen && (
              <>
                <rect className="selbg" x={TIME} y={y} width={width - TIME} height={LANE_ROW} />
                <rect className="selbar" x={TIME} y={y} width={3} height={LANE_ROW} />
              </>
            )}
            {gap >= 0.25 && (
              <>
                <line className="hair fold" x1={TIME} x2={width} y1={y} y2={y} />
                <text
                  className="mut sm"
                  x={width - 8}
                  y={y + 10}
                  textAnchor="end"
                >{`+${milliseconds(gap * 1000)}`}</text>
              </>
            )}
            <text className="mut sm" x={TIME - 8} y={y + LINE} textAnchor="end">
              {time}
            </text>
            <Arrow row={row} plan={plan} x={x} y={y} isChosen={chosen} />
          </g>
        );
      })}
      {[...byNumber.values()].map(({ index, row }) => {
        // From a request to its reply, where both are in sight.
        const request = row.partner > 0 && row.partner < row.n ? byNumber.get(row.partner) : undefined;
        const lane = plan.ends.get(row.conn)?.[row.direction === 'toClient' ? 1 : 0];
        if (request === undefined || lane === undefined) return null;
        const at = x(lane.x);
        const [from, to] = [yOf(request.index) + LINE + SLOPE, yOf(index) + LINE];
        return <path key={`pair-${row.n}`} className="pairline" d={`M${at + 4} ${from}h4V${to}h-4`} />;
      })}
    </svg>
  );
}

function Arrow({
  row,
  plan,
  x,
  y,
  isChosen,
}: {
  readonly row: Row;
  readonly plan: LanePlan;
  readonly x: (share: number) => number;
  readonly y: number;
  readonly isChosen: boolean;
}) {
  const ends = plan.ends.get(row.conn);
  if (ends === undefined) return null;
  const isUp = row.direction === 'toServer';
  const from = x(ends[isUp ? 0 : 1].x);
  const to = x(ends[isUp ? 1 : 0].x);
  const sign = Math.sign(to - from) || 1;
  const kind = row.origin === 'wire' ? (isUp ? 's' : 'c') : 'i';
  const isLost = row.fate === 'dropped';
  const isHeld = row.fate === 'held';
  const stop = isLost || isHeld ? from + (to - from) * 0.5 : to;
  const name = row.message === '' && row.isControl ? oneLine(row.summary) : messageText(row);
  const halo = isChosen ? 'halo onsel' : 'halo';
  const label = isLost
    ? t.timeline.marks.dropped
    : isHeld
      ? t.timeline.marks.held
      : row.origin !== 'wire'
        ? t.timeline.marks.injected
        : '';
  const answer = milliseconds(row.answerMs);
  const y1 = y + LINE;
  const y2 = y1 + SLOPE * Math.abs((stop - from) / Math.max(1, Math.abs(to - from)));
  return (
    <>
      <line className={isLost ? 'lost' : isHeld ? 'heldline' : `a${kind}`} x1={from} y1={y1} x2={stop} y2={y2} />
      {isLost ? (
        <path className="lost cross" d={`M${stop - 5} ${y2 - 5}l10 10M${stop + 5} ${y2 - 5}l-10 10`} />
      ) : isHeld ? (
        <path className="heldline" d={`M${stop - 2} ${y2 - 5}v10M${stop + 2} ${y2 - 5}v10`} />
      ) : (
        <path className={`f${kind}`} d={`M${to} ${y2}l${-9 * sign} -4v8z`} />
      )}
      <text
        className={`${halo} m${row.message === '' ? ' mut' : ''}`}
        x={from + 10 * sign}
        y={y1 - 6}
        textAnchor={sign > 0 ? 'start' : 'end'}
      >
        {name}
      </text>
      {label !== '' && (
        <text
          className={`${halo} sm ${isLost ? 'tp' : isHeld ? 'tw' : 'ti'}`}
          x={stop + 12 * sign}
          y={y2 + 4}
          textAnchor={sign > 0 ? 'start' : 'end'}
        >
          {label}
        </text>
      )}
      {answer !== '' && (
        <text className={`${halo} mut sm`} x={from - 10 * sign} y={y1 + 4} textAnchor={sign > 0 ? 'end' : 'start'}>
          {answer}
        </text>
      )}
      {row.handoff && (
        <text className={`${halo} mut sm`} x={to - 14 * sign} y={y2 - 8} textAnchor={sign > 0 ? 'end' : 'start'}>
          {t.lanes.handoff}
        </text>
      )}
    </>
  );
}
