import { useEffect, useRef } from 'react';
import type { ExpertInfo } from '../../../core/traffic/frame.ts';
import { Icon } from '../icons/icon.tsx';
import { languageOf } from '../format/text.ts';
import { t } from '../strings/strings.ts';
import type { TreeLine } from './field-index.ts';
import { fieldText, preview, rangeText } from './field-text.ts';

export interface TreeNodeProps {
  readonly id: string;
  readonly line: TreeLine;
  readonly expert: readonly ExpertInfo[];
  readonly isSelected: boolean;
  readonly isHovered: boolean;
  onToggle(): void;
  onSelect(): void;
  onHover(): void;
  onInner(buffer: number): void;
  onMenu(x: number, y: number): void;
}

export function TreeNode(props: TreeNodeProps) {
  const { line, isSelected, isHovered } = props;
  const { field, depth, isOpen } = line;
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => host.current?.style.setProperty('--d', String(depth)), [depth]);
  // A closed group that only counts what is in it says more by showing some of it.
  const isCounted = field.children.length > 0 && !isOpen && /^\d+ fields?$/.test(field.text);
  const { value, note } = isCounted ? { value: '', note: preview(field) } : fieldText(field);
  const isIndex = /^\[?\d+\]?$/.test(field.name);
  const hasChildren = field.children.length > 0;
  const nameClass = `name${isOpen && (depth === 0 || isIndex) ? ' n2' : ''}${isIndex ? ' ix' : ''}`;
  const infos = (field.expert ?? []).map((i) => props.expert[i]).filter((info) => info !== undefined);
  const worst = infos.some((info) => info.severity === 'error') ? 'error' : infos.length > 0 ? 'warn' : undefined;
  return (
    <div
      ref={host}
      id={props.id}
      className={`node${isSelected ? ' sel' : ''}${isHovered ? ' hov' : ''}`}
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={isSelected}
      {...(hasChildren ? { 'aria-expanded': isOpen } : {})}
      onPointerDown={(event) => event.button === 0 && props.onSelect()}
      onDoubleClick={() => hasChildren && props.onToggle()}
      onPointerEnter={props.onHover}
      onContextMenu={(event) => {
        event.preventDefault();
        props.onMenu(event.clientX, event.clientY);
      }}
    >
      <span className="tw" onPointerDown={(event) => (event.stopPropagation(), hasChildren && props.onToggle())}>
        {hasChildren && <Icon name={isOpen ? 'down' : 'chev'} />}
      </span>
      <span className={nameClass} title={field.label ?? field.path}>
        {isIndex && !field.name.startsWith('[') ? `[${field.name}]` : field.name}
      </span>
      {value !== '' && (
        <span className="val cut" lang={field.lang ?? languageOf(value)}>
          {value}
        </span>
      )}
      <span className="note">
        {note}
        {infos.length > 0 && (
          <span className={worst === 'error' ? 'mark c-problem' : 'mark c-warning'}>
            <Icon name={worst ?? 'warn'} small />
            {infos.length}
          </span>
        )}
        {field.derived !== undefined && (
          <span className="mark" title={t.inspector.derived(field.derived)}>
            <Icon name="link" small />
          </span>
        )}
        {field.inner !== undefined && (
          <button
            className="plain link"
            tabIndex={-1}
            onClick={(event) => {
              event.stopPropagation();
              if (field.inner !== undefined) props.onInner(field.inner);
            }}
          >
            {t.inspector.openInner}
          </button>
        )}
      </span>
      <span className="range">{rangeText(field)}</span>
    </div>
  );
}
