import { useMemo, useRef } from 'react';
import { useApp } from '../app.ts';
import { bytesFromHex } from '../format/bytes.ts';
import { grouped } from '../format/number.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { changedPositions } from '../compose/byte-diff.ts';
import { type ByteRanges, type Span } from './byte-grid.ts';
import { ByteView } from './byte-view.tsx';
import { dataReads } from './data-reads.ts';
import { carrierText } from './carrier-text.ts';
import { countedBy, exactField, lineage, parentOf, smallestCovering } from './field-index.ts';
import { fieldMenu } from './field-menu.ts';
import type { Inspected } from './inspection.ts';
import { secretSpans } from './secret-spans.ts';
import { useByteWidth } from './use-byte-width.ts';

export function BytesPane({ inspected }: { readonly inspected: Inspected }) {
  const app = useApp();
  const { inspection } = app;
  const bufferIndex = useStore(inspection.buffer);
  const chosen = useStore(inspection.field);
  const hovered = useStore(inspection.hover);
  const loose = useStore(inspection.span);
  const pane = useRef<HTMLDivElement>(null);
  const width = useByteWidth(pane);
  const buffer = inspected.buffers[bufferIndex] ?? inspected.buffers[0];
  const bytes = useMemo(() => bytesFromHex(buffer?.hex ?? ''), [buffer]);
  const edited = useMemo(
    () =>
      buffer?.kind === 'sent' ? changedPositions(bytesFromHex(inspected.buffers[0]?.hex ?? ''), bytes) : undefined,
    [buffer, bytes, inspected],
  );
  const isRevealed = useStore(inspection.revealSecrets);
  const hidden = useMemo(
    () => (buffer === undefined || isRevealed ? undefined : secretSpans(buffer.root)),
    [buffer, isRevealed],
  );
  if (buffer === undefined) return null;

  const line = chosen?.buffer === bufferIndex ? lineage(buffer.root, chosen.path) : [];
  const field = line.at(-1);
  const hoverField = hovered?.buffer === bufferIndex ? lineage(buffer.root, hovered.path).at(-1) : undefined;
  const span = loose?.buffer === bufferIndex ? loose : undefined;
  const ranges: ByteRanges = {
    selected: span ?? nonEmpty(field),
    parent: span === undefined ? nonEmpty(line.at(-2)) : undefined,
    // The root is the whole buffer: outlining it says nothing.
    grand: span === undefined && line.length > 3 ? nonEmpty(line.at(-3)) : undefined,
    hover: nonEmpty(hoverField === undefined ? undefined : (countedBy(buffer.root, hoverField) ?? hoverField)),
    edited,
    hidden,
  };
  // What the bytes of a secret can be read as would tell it.
  const read = hidden?.some(
    ({ start, end }) => (ranges.selected?.start ?? end) < end && (ranges.selected?.end ?? start) > start,
  )
    ? undefined
    : ranges.selected;

  const select = (start: number, end: number, climb: boolean): void => {
    const exact = end - start > 1 ? exactField(buffer.root, start, end) : smallestCovering(buffer.root, start, end);
    if (exact === undefined) {
      inspection.field.set(null);
      inspection.span.set({ buffer: bufferIndex, start, end });
      return;
    }
    const target = climb ? (parentOf(buffer.root, field?.path ?? exact.path) ?? exact) : exact;
    inspection.selectField(target.path, bufferIndex);
  };

  return (
    <div className="pane" ref={pane}>
      <div className="head">
        <h2>{t.inspector.bytes}</h2>
        <span className="cut">
          {[grouped(bytes.length), carrierText(inspected.frame)].filter((part) => part !== '').join(' · ')}
        </span>
        <span className="right">
          <BufferTabs inspected={inspected} />
        </span>
      </div>
      <ByteView
        bytes={bytes}
        width={width}
        ranges={ranges}
        label={t.inspector.bytes}
        onHover={(at) => {
          const under = at === undefined ? undefined : smallestCovering(buffer.root, at, at + 1);
          inspection.hover.set(under === undefined ? null : { buffer: bufferIndex, path: under.path });
        }}
        onSelect={select}
        onMenu={(x, y, at) => {
          const under = smallestCovering(buffer.root, at, at + 1);
          if (under === undefined) return;
          inspection.selectField(under.path, bufferIndex);
          app.overlays.showMenu({ x, y }, under.path, fieldMenu(app, inspected, under));
        }}
      />
      {read !== undefined && (
        <Reads bytes={bytes.subarray(read.start, read.end)} bits={span === undefined ? field?.bits : undefined} />
      )}
    </div>
  );
}

function nonEmpty(span: Span | undefined): Span | undefined {
  return span !== undefined && span.end > span.start ? span : undefined;
}

/** Payload, inner buffers, bytes as sent, carrier packet. */
function BufferTabs({ inspected }: { readonly inspected: Inspected }) {
  const { inspection } = useApp();
  const current = useStore(inspection.buffer);
  if (inspected.buffers.length < 2) return null;
  return (
    <span className="seg small" role="group" aria-label={t.inspector.buffers}>
      {inspected.buffers.map((buffer, i) => (
        <button key={`${buffer.kind}-${i}`} aria-pressed={i === current} onClick={() => inspection.buffer.set(i)}>
          {buffer.kind === 'inner' ? buffer.title : t.inspector.bufferKinds[buffer.kind]}
        </button>
      ))}
    </span>
  );
}

function Reads({
  bytes,
  bits,
}: {
  readonly bytes: Uint8Array;
  readonly bits: { readonly offset: number; readonly width: number } | undefined;
}) {
  return (
    <div className="reads">
      <span>{t.inspector.bytesAs(bytes.length)}</span>
      {dataReads(bytes.subarray(0, 256)).map((read) => (
        <span key={read.as} className={read.as === 'text' ? 'cut' : ''}>
          {read.as}{' '}
          <b>
            {read.as === 'bits' && bits !== undefined && bytes.length === 1 ? (
              <BitRuler byte={bytes[0] ?? 0} bits={bits} />
            ) : (
              read.value
            )}
          </b>
        </span>
      ))}
    </div>
  );
}

/** Eight cells, the chosen bits boxed. Offsets count from the highest bit. */
function BitRuler({
  byte,
  bits,
}: {
  readonly byte: number;
  readonly bits: { readonly offset: number; readonly width: number };
}) {
  return (
    <span className="bits">
      {Array.from({ length: 8 }, (_, place) => (
        <i key={place} className={place >= bits.offset && place < bits.offset + bits.width ? 'on' : ''}>
          {(byte >> (7 - place)) & 1}
        </i>
      ))}
    </span>
  );
}
