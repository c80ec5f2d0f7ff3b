import { useEffect, useState } from 'react';

export interface NumberFieldProps {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly label?: string;
  readonly id?: string;
  readonly 'aria-describedby'?: string;
  readonly isWhole?: boolean;
  onChange(value: number): void;
}

/** A number within limits. What is outside is shown as wrong and not taken over. */
export function NumberField({ value, min, max, label, id, isWhole = true, onChange, ...rest }: NumberFieldProps) {
  const { 'aria-describedby': described } = rest;
  const [text, setText] = useState(String(value));
  useEffect(() => setText((now) => (Number(now) === value ? now : String(value))), [value]);
  const isGood = (each: string): boolean => {
    const number = Number(each);
    return each.trim() !== '' && number >= min && number <= max && (!isWhole || Number.isInteger(number));
  };
  return (
    <input
      id={id}
      aria-describedby={described}
      className="field num"
      inputMode="decimal"
      aria-label={label}
      aria-invalid={!isGood(text)}
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        if (isGood(event.target.value)) onChange(Number(event.target.value));
      }}
    />
  );
}
