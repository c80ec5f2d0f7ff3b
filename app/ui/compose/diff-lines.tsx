import { bytesFromHex, hexOf } from '../format/bytes.ts';
import { grouped } from '../format/number.ts';
import { oneLine } from '../format/text.ts';
import { Icon } from '../icons/icon.tsx';
import { t } from '../strings/strings.ts';
import { byteDiff, readable, type DiffPart } from './byte-diff.ts';

/** What came in above what will go, changed stretches tinted. */
export function DiffLines({ before, after }: { readonly before: string; readonly after: string }) {
  const a = bytesFromHex(before);
  const b = bytesFromHex(after);
  const diff = byteDiff(a, b);
  const isText = readable(a) !== undefined && readable(b) !== undefined && a.length > 4;
  return (
    <div className="diff2">
      <span className="lab">
        <Icon name="copy" small />
        {`${t.compose.cameIn} · ${grouped(a.length)}`}
      </span>
      <Line bytes={a} parts={diff.before} isText={isText} changed="del" />
      <span className="lab will">
        <Icon name="send" small />
        {`${t.compose.willGo} · ${grouped(b.length)}`}
      </span>
      <Line bytes={b} parts={diff.after} isText={isText} changed="ins" />
    </div>
  );
}

/** Unchanged stretches beyond this are folded in the middle. */
const FOLD = 48;

function Line({
  bytes,
  parts,
  isText,
  changed,
}: {
  readonly bytes: Uint8Array;
  readonly parts: readonly DiffPart[];
  readonly isText: boolean;
  readonly changed: string;
}) {
  return (
    <span className="by" tabIndex={-1}>
      {parts.map((part) => {
        const slice = bytes.subarray(part.start, part.end);
        const write = (piece: Uint8Array): string =>
          isText ? oneLine(new TextDecoder().decode(piece)) : pairs(hexOf(piece));
        const isLong = part.kind === 'same' && slice.length > FOLD;
        const text = isLong ? `${write(slice.subarray(0, 16))} … ${write(slice.subarray(-16))}` : write(slice);
        return (
          <span key={part.start} className={part.kind === 'same' ? '' : changed}>
            {text}
          </span>
        );
      })}
    </span>
  );
}

function pairs(hex: string): string {
  return hex.replaceAll(/(.{4})(?=.)/g, '$1 ');
}
