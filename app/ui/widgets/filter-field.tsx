/** A filter within a form: checked by the engine, explained or faulted below. */
import { useEffect, useState } from 'react';
import type { FilterCheck } from '../../../core/contract/verbs.ts';
import { useApp } from '../app.ts';

export interface FilterFieldProps {
  readonly value: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly isExplained?: boolean;
  onChange(value: string): void;
}

export function FilterField({ value, label, placeholder, isExplained = false, onChange }: FilterFieldProps) {
  const { client } = useApp();
  const [check, setCheck] = useState<FilterCheck | null>(null);
  useEffect(() => {
    if (value.trim() === '') {
      setCheck(null);
      return undefined;
    }
    let isCurrent = true;
    const timer = setTimeout(() => {
      client.request('filter.check', { text: value }).then(
        (next) => isCurrent && setCheck(next),
        () => undefined,
      );
    }, 150);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [client, value]);
  const isBad = check !== null && !check.ok;
  return (
    <span className="filter-field">
      <input
        className="field mono"
        aria-label={label}
        aria-invalid={isBad}
        placeholder={placeholder}
        spellCheck={false}
        autoComplete="off"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      {isBad && <small className="c-problem">{check.message}</small>}
      {isExplained && check?.ok === true && <small className="muted">{check.explain}</small>}
    </span>
  );
}
