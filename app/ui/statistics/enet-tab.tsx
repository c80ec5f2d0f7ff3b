import type { EnetHealth } from '../../../core/contract/statistics-verbs.ts';
import { grouped, milliseconds, percent } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { FrameLink } from '../inspector/frame-link.tsx';
import { t } from '../strings/strings.ts';
import { StatisticsBody } from './statistics-body.tsx';
import { useStatistics } from './use-statistics.ts';

/** ENet's own estimate never quite returns to nothing after one resend. */
const NOTABLE_LOSS = 0.01;

export function EnetTab() {
  const result = useStatistics((client) => client.request('stats.enet', {}));
  const words = t.statistics.enet;
  return (
    <StatisticsBody result={result}>
      {(peers) => (
        <div className="scroll enet" tabIndex={0} role="region" aria-label={t.statistics.tabs.enet}>
          <table className="plain-table">
            <thead>
              <tr>
                <th>{words.peer}</th>
                <th className="r">{words.rtt}</th>
                <th className="r">{words.variance}</th>
                <th className="r">{words.throttle}</th>
                <th className="r">{words.inFlight}</th>
                <th className="r">{words.resends}</th>
                <th className="r">{words.lost}</th>
                <th>{words.channels}</th>
              </tr>
            </thead>
            <tbody>
              {peers.map((peer) => (
                <tr key={`${peer.conn}-${peer.side}`}>
                  <td className={peer.ended ? 'muted' : ''}>
                    {words.peerName(peer.conn, words.sides[peer.side])}
                    {peer.ended && ` · ${words.ended}`}
                  </td>
                  <td className="r num">{told(peer.rttMs, peer)}</td>
                  <td className="r num">{told(peer.rttVarianceMs, peer)}</td>
                  <td className="r num">{peer.ended ? '' : percent(peer.throttle)}</td>
                  <td className="r num">{peer.ended ? '' : grouped(peer.inFlight)}</td>
                  <td className="r num">{grouped(peer.resends)}</td>
                  <td className={`r num${peer.lost >= NOTABLE_LOSS ? ' c-warning' : ''}`}>{percent(peer.lost)}</td>
                  <td className="cut muted">
                    {peer.channels
                      .map((each) =>
                        each.packets === undefined
                          ? words.channel(each.channel, each.waiting, each.reassembling)
                          : words.endedChannel(each.channel, each.packets, each.resent ?? 0),
                      )
                      .join(' · ')}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {peers.flatMap((peer) =>
            peer.blame.map((blame) => <Blame key={`${peer.conn}-${blame.channel}-${blame.sequence}`} blame={blame} />),
          )}
        </div>
      )}
    </StatisticsBody>
  );
}

/** A capture that holds no acknowledgement tells no times. */
function told(ms: number, { ended, rttMs }: EnetHealth): string {
  return ended && rttMs === 0 ? '' : milliseconds(ms);
}

export function Blame({ blame }: { readonly blame: EnetHealth['blame'][number] }) {
  const [first] = blame.frames;
  return (
    <div className="remark">
      <Icon name="warn" />
      <span>
        <b>{t.lanes.lateText(blame.frames.length, milliseconds(blame.waitedMs), blame.sequence)}</b>{' '}
        {t.lanes.lateChannel(blame.channel)} {first !== undefined && <FrameLink n={first} />}
      </span>
    </div>
  );
}
