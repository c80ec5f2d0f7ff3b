import { useApp } from '../app.ts';
import { grouped } from '../format/number.ts';
import { oneLine } from '../format/text.ts';
import { FrameFacts } from '../inspector/frame-facts.tsx';
import { useStore } from '../state/store.ts';
import { Blame } from '../statistics/enet-tab.tsx';
import { clientTitle } from './lanes-model.ts';
import { t } from '../strings/strings.ts';
import { useRequest, useTick } from '../widgets/use-request.ts';

/** What is behind the chosen arrow: the frame, its client's journey, and what made it wait. */
export function LaneSide() {
  const app = useApp();
  const inspected = useStore(app.inspection.inspected);
  const connections = useStore(app.mirror.connections);
  const isLive = useStore(app.mirror.session, (session) => session?.recording === true);
  const hasEnet = connections.some((each) => each.transport === 'enet');
  const tick = useTick(3000, isLive && hasEnet);
  const enet = useRequest(
    (client) => (hasEnet ? client.request('stats.enet', {}) : Promise.resolve([])),
    `${hasEnet}${tick}`,
  );
  const blame = (enet.value ?? []).flatMap((peer) => peer.blame).slice(-3);
  const frame = inspected?.frame;
  const own = connections.find((each) => each.id === frame?.conn);
  const journey = own?.journey === undefined ? [] : connections.filter((each) => each.journey === own.journey);
  return (
    <>
      {hasEnet && (
        <section>
          <h2>{t.lanes.late}</h2>
          {blame.length === 0 ? (
            <p className="muted">{t.lanes.lateNothing}</p>
          ) : (
            blame.map((each) => <Blame key={`${each.channel}-${each.sequence}`} blame={each} />)
          )}
        </section>
      )}
      {journey.length > 1 && own?.journey !== undefined && (
        <section>
          <h2>{t.lanes.journey(clientTitle(journey, t.lanes.client(own.journey)))}</h2>
          <dl className="facts">
            {journey.map((each) => (
              <div className="fact" key={each.id}>
                <dt>{each.role || each.protocol}</dt>
                <dd>
                  <button
                    className="plain link"
                    onClick={() => void app.filter.apply(`conn == ${each.id}`).catch(app.notices.problem)}
                  >{`c${each.id}`}</button>
                  {` · ${t.lanes.journeyFrames(each.frames)}`}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      <section>
        {frame === undefined ? (
          <p className="muted">{t.lanes.noSelection}</p>
        ) : (
          <>
            <h2 className="cut" title={oneLine(frame.messages[0]?.summary ?? '')}>
              {`${frame.messages[0]?.name ?? t.timeline.notUnderstood} #${grouped(frame.n)}`}
            </h2>
            <FrameFacts frame={frame} />
          </>
        )}
      </section>
    </>
  );
}
