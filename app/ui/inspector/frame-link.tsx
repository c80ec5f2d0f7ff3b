import { useApp } from '../app.ts';
import { grouped } from '../format/number.ts';
import { selectOne } from '../timeline/selection.ts';

/** Leads to a frame: selects it and brings it into sight. */
export function FrameLink({ n, label = '' }: { readonly n: number; readonly label?: string }) {
  const app = useApp();
  return (
    <button
      className="plain link mono"
      onClick={() => {
        app.selection.set(selectOne(n));
        app.commands.run('selection.reveal');
      }}
    >
      {`#${grouped(n)}${label === '' ? '' : ` ${label}`}`}
    </button>
  );
}
