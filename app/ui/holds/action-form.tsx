import type { ReactNode } from 'react';
import type { RuleAction, Template } from '../../../core/traffic/control.ts';
import { Icon } from '../icons/icon.tsx';
import { t } from '../strings/strings.ts';
import { NumberField } from '../widgets/number-field.tsx';
import { ACTION_KINDS, blankAction, readExpression, writeExpression } from './rule-words.ts';

export interface ActionFormProps {
  readonly action: RuleAction;
  readonly label: string;
  onChange(action: RuleAction): void;
  readonly onRemove: (() => void) | undefined;
}

export function ActionForm({ action, label, onChange, onRemove }: ActionFormProps) {
  return (
    <div className="form-line action">
      <span className="form-label">{label}</span>
      <span className="action-parts">
        <select
          className="field narrow"
          aria-label={label}
          value={action.do}
          onChange={(event) => onChange(blankAction(event.target.value as RuleAction['do']))}
        >
          {ACTION_KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {t.holds.actionNames[kind]}
            </option>
          ))}
        </select>
        <ActionParts action={action} onChange={onChange} />
        {onRemove !== undefined && (
          <button type="button" className="btn bare icon small" aria-label={t.proxies.remove} onClick={onRemove}>
            <Icon name="x" small />
          </button>
        )}
      </span>
    </div>
  );
}

function ActionParts({
  action,
  onChange,
}: {
  readonly action: RuleAction;
  readonly onChange: (action: RuleAction) => void;
}): ReactNode {
  const words = t.holds.parts;
  switch (action.do) {
    case 'set':
      return (
        <>
          <Text label={words.field} value={action.path} onChange={(path) => onChange({ ...action, path })} />
          <Text
            label={words.value}
            hint={words.valueHint}
            value={writeExpression(action.value)}
            onChange={(text) => onChange({ ...action, value: readExpression(text) })}
          />
        </>
      );
    case 'replace':
      return (
        <>
          <Text label={words.find} value={action.find} onChange={(find) => onChange({ ...action, find })} />
          <Text label={words.with} value={action.with} onChange={(text) => onChange({ ...action, with: text })} />
          <select
            className="field narrow"
            aria-label={words.as}
            value={action.as}
            onChange={(event) => onChange({ ...action, as: event.target.value === 'hex' ? 'hex' : 'text' })}
          >
            <option value="text">{words.asText}</option>
            <option value="hex">{words.asHex}</option>
          </select>
        </>
      );
    case 'delay':
      return (
        <>
          <NumberField
            label="ms"
            value={action.ms}
            min={0}
            max={600_000}
            isWhole={false}
            onChange={(ms) => onChange({ ...action, ms })}
          />
          <span>± </span>
          <NumberField
            label={words.jitter}
            value={action.jitterMs ?? 0}
            min={0}
            max={600_000}
            isWhole={false}
            onChange={(jitterMs) => onChange({ ...action, jitterMs })}
          />
          <span className="muted">ms</span>
        </>
      );
    case 'duplicate':
      return (
        <NumberField
          label={words.times}
          value={action.times + 1}
          min={2}
          max={1000}
          onChange={(times) => onChange({ ...action, times: times - 1 })}
        />
      );
    case 'reorder':
      return (
        <NumberField
          label={words.behind}
          value={action.behind}
          min={1}
          max={1000}
          onChange={(behind) => onChange({ ...action, behind })}
        />
      );
    case 'hold':
      return (
        <>
          <NumberField
            label={t.holds.limit}
            value={(action.limitMs ?? 30_000) / 1000}
            min={0}
            max={86_400}
            isWhole={false}
            onChange={(seconds) => onChange({ ...action, limitMs: seconds * 1000 })}
          />
          <span className="muted">s</span>
          <select
            className="field narrow"
            aria-label={t.holds.onLimit}
            value={action.onLimit ?? 'forward'}
            onChange={(event) => onChange({ ...action, onLimit: event.target.value === 'drop' ? 'drop' : 'forward' })}
          >
            <option value="forward">{t.holds.thenForward}</option>
            <option value="drop">{t.holds.thenDrop}</option>
          </select>
        </>
      );
    case 'mark':
      return (
        <Text
          label={t.inspector.comment}
          value={action.comment ?? ''}
          onChange={(comment) => onChange({ ...action, comment })}
        />
      );
    case 'inject':
      return (
        <>
          <select
            className="field narrow"
            aria-label={words.where}
            value={action.where}
            onChange={(event) => onChange({ ...action, where: event.target.value === 'before' ? 'before' : 'after' })}
          >
            <option value="after">{words.after}</option>
            <option value="before">{words.before}</option>
          </select>
          <select
            className="field narrow"
            aria-label={t.commands.menu.direction}
            value={action.direction}
            onChange={(event) =>
              onChange({ ...action, direction: event.target.value === 'toClient' ? 'toClient' : 'toServer' })
            }
          >
            <option value="toServer">{t.timeline.direction.toServer}</option>
            <option value="toClient">{t.timeline.direction.toClient}</option>
          </select>
          <TemplateText value={action.message} onChange={(message) => onChange({ ...action, message })} />
        </>
      );
    case 'answer':
      return <TemplateText value={action.message} onChange={(message) => onChange({ ...action, message })} />;
    default:
      return null;
  }
}

/** `name {fields}`, `hex: 00 20`, or text. */
function TemplateText({ value, onChange }: { readonly value: Template; readonly onChange: (value: Template) => void }) {
  return (
    <Text
      label={t.holds.parts.message}
      hint={t.holds.parts.messageHint}
      value={writeTemplate(value)}
      onChange={(text) => onChange(readTemplate(text))}
    />
  );
}

export function writeTemplate(value: Template): string {
  if ('hex' in value) return `hex: ${value.hex}`;
  if ('text' in value) return value.text;
  return `${value.message} ${JSON.stringify(value.fields)}`;
}

export function readTemplate(text: string): Template {
  const hex = /^hex:\s*([0-9a-f\s]*)$/i.exec(text)?.[1];
  if (hex !== undefined) return { hex: hex.replaceAll(/\s/g, '') };
  const named = /^([^\s{]+)\s+(\{.*\})$/s.exec(text);
  if (named?.[1] !== undefined && named[2] !== undefined) {
    try {
      return { message: named[1], fields: JSON.parse(named[2]) as Readonly<Record<string, unknown>> };
    } catch {
      // Not JSON yet: text until it is.
    }
  }
  return { text };
}

function Text({
  label,
  hint,
  value,
  onChange,
}: {
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  return (
    <input
      className="field mono"
      aria-label={label}
      placeholder={label}
      title={hint}
      spellCheck={false}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
