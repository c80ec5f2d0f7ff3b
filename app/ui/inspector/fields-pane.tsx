import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type { FieldView } from '../../../core/contract/frames.ts';
import { hasSecret } from './secret-spans.ts';
import { useApp } from '../app.ts';
import { grouped } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { revealRow, VirtualRows } from '../widgets/virtual-rows.tsx';
import { lineage, opensByItself, visibleLines } from './field-index.ts';
import { fieldMenu } from './field-menu.ts';
import type { Inspected } from './inspection.ts';
import { TreeNode } from './tree-node.tsx';

const ROW = 22;

export function FieldsPane({ inspected }: { readonly inspected: Inspected }) {
  const app = useApp();
  const { inspection } = app;
  const bufferIndex = useStore(inspection.buffer);
  const chosen = useStore(inspection.field);
  const hover = useStore(inspection.hover);
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const scroller = useRef<HTMLDivElement>(null);
  const buffer = inspected.buffers[bufferIndex] ?? inspected.buffers[0];
  const root = buffer?.root;
  const path = chosen?.buffer === bufferIndex ? chosen.path : undefined;

  // A field chosen elsewhere opens its way.
  const forced = useMemo(
    () =>
      new Set(
        root === undefined || path === undefined
          ? []
          : lineage(root, path)
              .slice(0, -1)
              .map((field) => field.path),
      ),
    [root, path],
  );
  const lines = useMemo(
    () =>
      root === undefined
        ? []
        : visibleLines(
            root,
            (field, depth, siblings) =>
              toggled.get(field.path) ?? (forced.has(field.path) || opensByItself(field, depth, siblings)),
          ),
    [root, toggled, forced],
  );
  const index = path === undefined ? -1 : lines.findIndex((line) => line.field.path === path);
  useEffect(() => revealRow(scroller.current, index, ROW, 6), [index]);

  const setOpen = (field: FieldView, isOpen: boolean): void =>
    setToggled((now) => new Map(now).set(field.path, isOpen));
  const select = (field: FieldView): void => inspection.selectField(field.path, bufferIndex);
  const line = lines[index];

  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const go = (to: number): void => {
      const next = lines[Math.max(0, Math.min(lines.length - 1, to))];
      if (next !== undefined) select(next.field);
    };
    switch (event.key) {
      case 'ArrowDown':
        go(index + 1);
        break;
      case 'ArrowUp':
        go(index < 0 ? 0 : index - 1);
        break;
      case 'Home':
        go(0);
        break;
      case 'End':
        go(lines.length - 1);
        break;
      case 'ArrowRight':
        if (line === undefined) go(0);
        else if (!line.isOpen && line.field.children.length > 0) setOpen(line.field, true);
        else if (line.isOpen) go(index + 1);
        break;
      case 'ArrowLeft':
        if (line?.isOpen === true) setOpen(line.field, false);
        else if (line !== undefined) go(parentLine(index));
        break;
      default:
        return;
    }
    event.preventDefault();
  };
  const parentLine = (from: number): number => {
    const depth = lines[from]?.depth ?? 0;
    for (let i = from - 1; i >= 0; i--) if ((lines[i]?.depth ?? 0) < depth) return i;
    return from;
  };

  const { frame } = inspected;
  const message = frame.messages[0];
  return (
    <div className="pane">
      <div className="head">
        <h2>{t.inspector.fields}</h2>
        <span className="mono cut">{message?.name ?? t.timeline.notUnderstood}</span>
        {message?.id !== undefined && <span className="mono">{`0x${message.id.toString(16).padStart(4, '0')}`}</span>}
        <span className="right">
          <SecretSwitch inspected={inspected} />
          {`#${grouped(frame.n)}`}
        </span>
      </div>
      <div
        className="tree scroll"
        role="tree"
        id="field-tree"
        aria-label={t.inspector.fields}
        tabIndex={0}
        ref={scroller}
        onKeyDown={onKey}
        // The key for menus is a command; what the browser makes of it besides is not wanted.
        onContextMenu={(event) => event.target === event.currentTarget && event.preventDefault()}
        onPointerLeave={() => inspection.hover.set(null)}
        {...(index >= 0 ? { 'aria-activedescendant': `field-${index}` } : {})}
      >
        <VirtualRows
          count={lines.length}
          rowHeight={ROW}
          scroller={scroller}
          above={6}
          render={(i) => {
            const each = lines[i];
            if (each === undefined) return null;
            const { field } = each;
            return (
              <TreeNode
                key={`${i}-${field.path}`}
                id={`field-${i}`}
                line={each}
                expert={inspected.frame.expert}
                isSelected={field.path === path}
                isHovered={hover?.buffer === bufferIndex && hover.path === field.path}
                onToggle={() => setOpen(field, !each.isOpen)}
                onSelect={() => select(field)}
                onHover={() => inspection.hover.set({ buffer: bufferIndex, path: field.path })}
                onInner={(inner) => inspection.buffer.set(inner)}
                onMenu={(x, y) => {
                  select(field);
                  app.overlays.showMenu({ x, y }, field.path, fieldMenu(app, inspected, field));
                }}
              />
            );
          }}
        />
      </div>
    </div>
  );
}

function SecretSwitch({ inspected }: { readonly inspected: Inspected }) {
  const { inspection } = useApp();
  const isShown = useStore(inspection.revealSecrets);
  const isNeeded = useMemo(() => inspected.buffers.some((buffer) => hasSecret(buffer.root)), [inspected]);
  if (!isNeeded) return null;
  const label = isShown ? t.inspector.hideSecrets : t.inspector.revealSecrets;
  return (
    <button
      className="btn bare icon small"
      aria-pressed={isShown}
      aria-label={label}
      title={label}
      onClick={() => inspection.revealSecrets.set(!isShown)}
    >
      <Icon name="eye" small />
    </button>
  );
}
