/** One input by the kind of its control. What cannot be read stays as typed and is said to be wrong; it does not jump back. */
import { useEffect, useState } from 'react';
import type { FormControl } from '../../../core/contract/verbs.ts';
import { parseHexText } from '../format/bytes.ts';
import { languageOf } from '../format/text.ts';
import { Icon } from '../icons/icon.tsx';
import { t } from '../strings/strings.ts';
import { pretty } from './json-editor.tsx';

export interface ControlInputProps {
  readonly control: FormControl;
  readonly value: unknown;
  readonly isChanged: boolean;
  onChange(value: unknown): void;
  onFocus(): void;
}

export function ControlInput(props: ControlInputProps) {
  const { control, value, isChanged, onChange, onFocus } = props;
  const changed = isChanged ? ' changed' : '';
  switch (control.control) {
    case 'number':
      return (
        <TextValue
          {...props}
          className={`field num${changed}`}
          write={numberText}
          read={(text) => readNumber(text, value)}
          isOdd={(text) => isOutside(text, control)}
        />
      );
    case 'text':
      return (
        <TextValue
          {...props}
          className={`field${changed}`}
          write={(each) => (typeof each === 'string' ? each : JSON.stringify(each ?? ''))}
          read={(text) => text}
          isOdd={(text) => control.max !== undefined && new TextEncoder().encode(text).length > control.max}
          isSecret={control.secret === true}
        />
      );
    case 'hex':
      return (
        <TextValue {...props} className={`field mono${changed}`} write={hexText} read={readHex} isOdd={() => false} />
      );
    case 'choice':
      return (
        <select
          className={`field${changed}`}
          aria-label={control.label}
          value={JSON.stringify(value ?? null)}
          onFocus={onFocus}
          onChange={(event) => onChange(JSON.parse(event.target.value))}
        >
          {(control.options ?? []).map((option) => (
            <option key={JSON.stringify(option.value)} value={JSON.stringify(option.value)}>
              {`${option.label} ${plain(option.value) === option.label ? '' : plain(option.value)}`}
            </option>
          ))}
          {!(control.options ?? []).some(
            (option) => JSON.stringify(option.value) === JSON.stringify(value ?? null),
          ) && <option value={JSON.stringify(value ?? null)}>{plain(value)}</option>}
        </select>
      );
    case 'flags':
      return (
        <span className="flag-list" role="group" aria-label={control.label}>
          {(control.options ?? []).map((option) => {
            const mask = Number(option.value);
            const isOn = (Number(value ?? 0) & mask) === mask;
            return (
              <label key={option.label}>
                <input
                  type="checkbox"
                  checked={isOn}
                  onFocus={onFocus}
                  onChange={() => onChange(isOn ? Number(value ?? 0) & ~mask : Number(value ?? 0) | mask)}
                />
                {option.label}
              </label>
            );
          })}
        </span>
      );
    case 'check':
      return (
        <span className="flag-list">
          <input
            type="checkbox"
            aria-label={control.label}
            checked={value === true}
            onFocus={onFocus}
            onChange={(event) => onChange(event.target.checked)}
          />
        </span>
      );
    default:
      return (
        <TextValue
          {...props}
          className={`field mono${changed}`}
          write={(each) => JSON.stringify(each) ?? ''}
          read={readJson}
          isOdd={() => false}
        />
      );
  }
}

interface TextValueProps extends ControlInputProps {
  readonly className: string;
  readonly isSecret?: boolean;
  write(value: unknown): string;
  /** Undefined: cannot be read. */
  read(text: string): unknown;
  isOdd(text: string): boolean;
}

function TextValue({
  control,
  value,
  className,
  write,
  read,
  isOdd,
  onChange,
  onFocus,
  isSecret = false,
}: TextValueProps) {
  const outside = write(value);
  const [text, setText] = useState(outside);
  const [isShown, setShown] = useState(!isSecret);
  const isBroken = read(text) === undefined;
  useEffect(() => {
    // Changed elsewhere: take it over, unless it is only another spelling of what is typed here.
    setText((now) => (write(read(now)) === outside ? now : outside));
  }, [outside]);
  const input = (
    <input
      className={className}
      type={isShown ? 'text' : 'password'}
      aria-label={control.label}
      aria-invalid={isBroken || isOdd(text)}
      title={isOdd(text) ? t.compose.odd : control.doc}
      lang={languageOf(text)}
      spellCheck={false}
      autoComplete="off"
      value={text}
      onFocus={onFocus}
      onChange={(event) => {
        setText(event.target.value);
        const next = read(event.target.value);
        if (next !== undefined) onChange(next);
      }}
    />
  );
  if (!isSecret) return input;
  return (
    <span className="secret-field">
      {input}
      <button
        type="button"
        className="btn bare icon small"
        aria-pressed={isShown}
        aria-label={t.inspector.revealSecrets}
        onClick={() => setShown(!isShown)}
      >
        <Icon name="eye" small />
      </button>
    </span>
  );
}

function bigOf(value: unknown): string | undefined {
  const big = (value as { readonly big?: unknown } | null | undefined)?.big;
  return typeof big === 'string' ? big : undefined;
}

function numberText(value: unknown): string {
  return bigOf(value) ?? (value === undefined || value === null ? '' : String(value));
}

function readNumber(text: string, like: unknown): unknown {
  const clean = text.trim().replaceAll(/[\s\u2009_]/g, '');
  if (!/^[-+]?(0x[0-9a-f]+|\d+(\.\d*)?(e[-+]?\d+)?|\.\d+)$/i.test(clean)) return undefined;
  if (bigOf(like) !== undefined) return /^[-+]?\d+$/.test(clean) ? { big: clean } : undefined;
  const value = clean.startsWith('-0x') ? -Number(clean.slice(1)) : Number(clean);
  return Number.isNaN(value) ? undefined : value;
}

function isOutside(text: string, { min, max }: FormControl): boolean {
  const value = Number(text);
  return (min !== undefined && value < min) || (max !== undefined && value > max);
}

function hexText(value: unknown): string {
  const hex = typeof value === 'string' ? value : (value as { readonly hex?: unknown } | null | undefined)?.hex;
  return typeof hex === 'string' ? hex.replaceAll(/(..)(?=.)/g, '$1 ') : '';
}

function readHex(text: string): unknown {
  const parsed = parseHexText(text);
  return 'hex' in parsed ? { hex: parsed.hex } : undefined;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function plain(value: unknown): string {
  return typeof value === 'object' ? (bigOf(value) ?? pretty(value)) : String(value);
}
