import type { FieldView, FrameView } from '../../../core/contract/frames.ts';
import type { ExpertInfo } from '../../../core/traffic/frame.ts';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { smallestCovering } from './field-index.ts';

const LOOK = { error: ['bad', 'error'], warning: ['', 'warn'], note: ['info', 'note'] } as const;

/** The frame's expert infos: those of the chosen field first; choosing one leads to its bytes. */
export function Remarks({ frame, field }: { readonly frame: FrameView; readonly field: FieldView | undefined }) {
  const { inspection } = useApp();
  const own = field?.expert ?? [];
  const shown = field === undefined ? frame.expert.map((_, i) => i) : own;
  const goTo = (info: ExpertInfo): void => {
    const root = frame.buffers[0]?.root;
    if (root === undefined) return;
    if (info.path !== undefined) inspection.selectField(info.path, 0);
    else if (info.range !== undefined) {
      const covering = smallestCovering(root, info.range[0], info.range[1]);
      if (covering !== undefined) inspection.selectField(covering.path, 0);
    }
  };
  return (
    <>
      {shown.slice(0, 20).map((i) => {
        const info = frame.expert[i];
        if (info === undefined) return null;
        const [tone, icon] = LOOK[info.severity];
        return (
          <button key={i} className={`remark ${tone}`} onClick={() => goTo(info)}>
            <Icon name={icon} />
            <span>
              {info.text}{' '}
              <span className="muted">{[info.group, info.code].filter((part) => part !== undefined).join(' · ')}</span>
            </span>
          </button>
        );
      })}
    </>
  );
}
