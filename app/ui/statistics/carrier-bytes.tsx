import { useMemo, useRef, useState } from 'react';
import type { BufferView } from '../../../core/contract/frames.ts';
import { bytesFromHex } from '../format/bytes.ts';
import { ByteView } from '../inspector/byte-view.tsx';
import { lineage, smallestCovering, visibleLines } from '../inspector/field-index.ts';
import { TreeNode } from '../inspector/tree-node.tsx';
import { t } from '../strings/strings.ts';
import { useRequest } from '../widgets/use-request.ts';
import { VirtualRows } from '../widgets/virtual-rows.tsx';

const ROW = 22;

/** One datagram's commands, field by field and byte by byte. */
export function CarrierBytes({ id }: { readonly id: number }) {
  const { value } = useRequest((client) => client.request('carrier.get', { id }), String(id));
  return <div className="carrier-bytes">{value !== undefined && <Look key={id} buffer={value} />}</div>;
}

function Look({ buffer: { hex, root } }: { readonly buffer: BufferView }) {
  const bytes = useMemo(() => bytesFromHex(hex), [hex]);
  const [path, setPath] = useState('');
  const [hover, setHover] = useState('');
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => visibleLines(root, (field) => !closed.has(field.path)), [root, closed]);
  const index = lines.findIndex(({ field }) => field.path === path);
  const chosen = lineage(root, path);
  const span = (at: number): { start: number; end: number } | undefined => {
    const field = chosen.at(at);
    return path !== '' && field !== undefined && field.end > field.start ? field : undefined;
  };
  const toggle = (at: string): void =>
    setClosed((now) => {
      const next = new Set(now);
      if (!next.delete(at)) next.add(at);
      return next;
    });
  const hovered = hover === '' ? undefined : lineage(root, hover).at(-1);
  return (
    <>
      <div
        className="tree scroll"
        role="tree"
        aria-label={t.inspector.fields}
        tabIndex={0}
        ref={scroller}
        onPointerLeave={() => setHover('')}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          const next = step === undefined ? undefined : lines[Math.max(0, Math.min(lines.length - 1, index + step))];
          if (next === undefined) return;
          event.preventDefault();
          setPath(next.field.path);
        }}
        {...(index >= 0 ? { 'aria-activedescendant': `carrier-${index}` } : {})}
      >
        <VirtualRows
          count={lines.length}
          rowHeight={ROW}
          scroller={scroller}
          above={6}
          render={(i) => {
            const line = lines[i];
            if (line === undefined) return null;
            const at = line.field.path;
            return (
              <TreeNode
                key={at}
                id={`carrier-${i}`}
                line={line}
                expert={[]}
                isSelected={at === path}
                isHovered={at === hover}
                onToggle={() => toggle(at)}
                onSelect={() => setPath(at)}
                onHover={() => setHover(at)}
                onInner={() => undefined}
                onMenu={() => undefined}
              />
            );
          }}
        />
      </div>
      <ByteView
        bytes={bytes}
        width={8}
        ranges={{ selected: span(-1), parent: span(-2), hover: hovered }}
        label={t.inspector.bytes}
        onHover={(at) => setHover(at === undefined ? '' : (smallestCovering(root, at, at + 1)?.path ?? ''))}
        onSelect={(start, end) => setPath(smallestCovering(root, start, end)?.path ?? '')}
      />
    </>
  );
}
