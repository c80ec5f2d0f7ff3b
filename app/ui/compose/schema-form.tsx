/** A message as a form, straight from its schema: every control by its kind, derived ones locked until one means to lie. */
import type { FormControl } from '../../../core/contract/verbs.ts';
import { Icon } from '../icons/icon.tsx';
import { t } from '../strings/strings.ts';
import { ControlInput } from './control-input.tsx';
import type { MessageDraft, MessageDraftState } from './message-draft.ts';
import { fieldAt } from '../inspector/inspection.ts';
import { valueAt } from './field-values.ts';

export interface SchemaFormProps {
  readonly form: FormControl;
  readonly draft: MessageDraft;
  readonly state: MessageDraftState;
  readonly changed: readonly string[];
  readonly onFocus: (path: string) => void;
}

export function SchemaForm(props: SchemaFormProps) {
  const { form } = props;
  return (
    <div className="form scroll" role="form" aria-label={t.compose.form} tabIndex={-1}>
      {form.control === 'group' ? (
        (form.children ?? []).map((child) => <Line key={child.path} {...props} control={child} depth={0} />)
      ) : (
        <Line {...props} control={form} depth={0} />
      )}
    </div>
  );
}

interface LineProps extends SchemaFormProps {
  readonly control: FormControl;
  readonly depth: number;
}

function Line(props: LineProps) {
  const { control, depth, draft, state } = props;
  const value = valueAt(state.fields, control.path);
  switch (control.control) {
    case 'group':
      return (
        <>
          <Heading
            control={control}
            depth={depth}
            onRemove={control.optional === true ? () => draft.setField(control.path, undefined) : undefined}
          />
          {(control.children ?? []).map((child) => (
            <Line key={child.path} {...props} control={child} depth={depth + 1} />
          ))}
        </>
      );
    case 'repeat':
      return <Repeat {...props} />;
    case 'variant':
      return <Variant {...props} />;
    case 'absent':
      return (
        <>
          <span className={`form-name d${Math.min(depth, 4)}`}>{control.label}</span>
          <button
            type="button"
            className="btn absent"
            onClick={() => draft.setShape(control.path, control.template ?? null)}
          >
            <Icon name="plus" small />
            {t.compose.add}
          </button>
          <span />
        </>
      );
    case 'derived':
      return <Derived {...props} />;
    default:
      return (
        <>
          <span className={`form-name d${Math.min(depth, 4)}`} title={control.doc ?? control.path}>
            {control.label}
          </span>
          <ControlInput
            control={control}
            value={value}
            isChanged={props.changed.includes(control.path)}
            onChange={(next) => draft.setField(control.path, next)}
            onFocus={() => props.onFocus(control.path)}
          />
          <Marker control={control} props={props} />
          <Measure {...props} />
        </>
      );
  }
}

/** The length or count that stands in front of a value, once somebody lies about it. */
function Measure({ control, depth, draft, state, onFocus }: LineProps) {
  const path = control.measure;
  if (path === undefined || !Object.hasOwn(state.overrides, path)) return null;
  const label = t.compose.lengthOf(control.label);
  return (
    <>
      <span className={`form-name d${Math.min(depth + 1, 4)}`} title={label}>
        {label}
      </span>
      <ControlInput
        control={{ control: 'number', path, label }}
        value={state.overrides[path]}
        isChanged
        onChange={(next) => draft.setOverride(path, next)}
        onFocus={() => onFocus(path)}
      />
      <button
        type="button"
        className="btn bare icon small c-warning"
        aria-pressed
        title={t.compose.stopLying}
        aria-label={`${label}: ${t.compose.stopLying}`}
        onClick={() => draft.removeOverride(path)}
      >
        <Icon name="warn" small />
      </button>
    </>
  );
}

/** Opens the length or count in front of a value for a lie; nothing where there is none, or where it lies already. */
function LieButton({ control, props }: { readonly control: FormControl; readonly props: LineProps }) {
  const { draft, state } = props;
  const path = control.measure;
  if (path === undefined || Object.hasOwn(state.overrides, path)) return null;
  const read = state.root === null ? undefined : fieldAt(state.root, path)?.value;
  return (
    <button
      type="button"
      className="btn bare icon small"
      title={t.compose.lieAboutLength}
      aria-label={`${t.compose.lengthOf(control.label)}: ${t.compose.lieHere}`}
      onClick={() => draft.setOverride(path, read ?? measured(valueAt(state.fields, control.path)))}
    >
      <Icon name={props.changed.includes(control.path) ? 'edit' : 'link'} small />
    </button>
  );
}

function measured(value: unknown): number {
  if (typeof value === 'string') return new TextEncoder().encode(value).length;
  return Array.isArray(value) ? value.length : 0;
}

/** One of several shapes. A shape that is a single value stands on the same line. */
function Variant(props: LineProps) {
  const { control, depth, draft, state, changed } = props;
  const children = control.children ?? [];
  const [only] = children;
  const isOneLine =
    children.length === 1 && only !== undefined && only.path === control.path && !NESTED.has(only.control);
  const shape = (
    <select
      className={isOneLine ? 'field shape' : 'field'}
      aria-label={t.compose.shapeOf(control.label)}
      value={String(control.value ?? '')}
      onChange={(event) => draft.setShape(control.path, control.options?.[Number(event.target.value)]?.value)}
    >
      {(control.options ?? []).map((option, i) => (
        <option key={option.label} value={i}>
          {option.label}
        </option>
      ))}
    </select>
  );
  return (
    <>
      <span className={`form-name d${Math.min(depth, 4)}`} title={control.doc ?? control.path}>
        {control.label}
      </span>
      {isOneLine ? (
        <span className="one-line">
          <ControlInput
            control={{ ...only, label: control.label }}
            value={valueAt(state.fields, control.path)}
            isChanged={changed.includes(control.path)}
            onChange={(next) => draft.setField(control.path, next)}
            onFocus={() => props.onFocus(control.path)}
          />
          {shape}
        </span>
      ) : (
        shape
      )}
      <Marker control={control} props={props} />
      {!isOneLine && children.map((child) => <Line key={child.path} {...props} control={child} depth={depth + 1} />)}
    </>
  );
}

const NESTED: ReadonlySet<FormControl['control']> = new Set(['group', 'repeat', 'variant', 'absent', 'derived']);

function Heading({
  control,
  depth,
  onRemove,
}: {
  readonly control: FormControl;
  readonly depth: number;
  readonly onRemove: (() => void) | undefined;
}) {
  return (
    <span className={`form-heading d${Math.min(depth, 4)}`} title={control.doc}>
      {control.label}
      {onRemove !== undefined && (
        <button
          type="button"
          className="btn bare icon small"
          aria-label={t.compose.remove(control.label)}
          onClick={onRemove}
        >
          <Icon name="x" small />
        </button>
      )}
    </span>
  );
}

/** Right of a control: edited, a way to leave it out, or one to lie about its length. */
function Marker({ control, props }: { readonly control: FormControl; readonly props: LineProps }) {
  if (
    control.measure !== undefined &&
    control.optional !== true &&
    !Object.hasOwn(props.state.overrides, control.measure)
  )
    return <LieButton control={control} props={props} />;
  if (props.changed.includes(control.path)) {
    const before = valueAt(props.state.originalFields, control.path);
    return (
      <span className="ic c-edited" title={t.compose.was(JSON.stringify(before) ?? t.inspector.absent)}>
        <Icon name="edit" small />
      </span>
    );
  }
  if (control.optional === true) {
    return (
      <button
        type="button"
        className="btn bare icon small"
        aria-label={t.compose.remove(control.label)}
        onClick={() => props.draft.setShape(control.path, undefined)}
      >
        <Icon name="x" small />
      </button>
    );
  }
  return <span className="ic" />;
}

/** Computed when sent; a click opens it for a deliberate lie. */
function Derived({ control, depth, draft, state, onFocus }: LineProps) {
  const isLie = Object.hasOwn(state.overrides, control.path);
  const read = state.root === null ? undefined : fieldAt(state.root, control.path)?.value;
  const shown = isLie ? state.overrides[control.path] : (read ?? valueAt(state.fields, control.path) ?? control.value);
  return (
    <>
      <span className={`form-name d${Math.min(depth, 4)}`} title={control.doc ?? control.path}>
        {control.label}
      </span>
      {isLie ? (
        <ControlInput
          control={{ ...control, control: 'number' }}
          value={shown}
          isChanged
          onChange={(next) => draft.setOverride(control.path, next)}
          onFocus={() => onFocus(control.path)}
        />
      ) : (
        <span className="field derived sel">
          <span className="mono">{String(shown ?? '')}</span>
          <span className="muted">{control.unit ?? t.compose.computed(control.of ?? '')}</span>
        </span>
      )}
      <button
        type="button"
        className={`btn bare icon small${isLie ? ' c-warning' : ''}`}
        aria-pressed={isLie}
        title={isLie ? t.compose.stopLying : t.compose.lieHere}
        aria-label={`${control.label}: ${isLie ? t.compose.stopLying : t.compose.lieHere}`}
        onClick={() => (isLie ? draft.removeOverride(control.path) : draft.setOverride(control.path, shown ?? 0))}
      >
        <Icon name={isLie ? 'warn' : 'link'} small />
      </button>
    </>
  );
}

/** Short lists of numbers stand side by side; everything else one below the other. */
function Repeat(props: LineProps) {
  const { control, depth, draft, state, changed } = props;
  const children = control.children ?? [];
  const count = (valueAt(state.fields, control.path) as readonly unknown[] | undefined)?.length ?? children.length;
  const isInline =
    children.length > 0 &&
    children.length <= 6 &&
    children.every((child) => child.control === 'number' && child.options === undefined);
  const add =
    control.template === undefined ? undefined : () => draft.setShape(`${control.path}[${count}]`, control.template);
  if (isInline) {
    return (
      <>
        <span className={`form-name d${Math.min(depth, 4)}`}>{control.label}</span>
        <span className="stats">
          {children.map((child) => (
            <span className="stat" key={child.path}>
              <ControlInput
                control={child}
                value={valueAt(state.fields, child.path)}
                isChanged={changed.includes(child.path)}
                onChange={(next) => draft.setField(child.path, next)}
                onFocus={() => props.onFocus(child.path)}
              />
              <small>{child.label}</small>
            </span>
          ))}
        </span>
        {children.some((child) => changed.includes(child.path)) ? (
          <span className="ic c-edited">
            <Icon name="edit" small />
          </span>
        ) : (
          <span className="ic" />
        )}
      </>
    );
  }
  return (
    <>
      <span className={`form-heading d${Math.min(depth, 4)}`} title={control.doc}>
        {`${control.label} · ${count}`}
        <LieButton control={control} props={props} />
        {add !== undefined && (
          <button type="button" className="btn bare small" onClick={add}>
            <Icon name="plus" small />
            {t.compose.add}
          </button>
        )}
      </span>
      <Measure {...props} />
      {children.map((child, i) => (
        <div className="form-item" key={child.path}>
          <Line
            {...props}
            control={{ ...child, label: child.label === '' ? `[${i}]` : child.label }}
            depth={depth + 1}
          />
          {control.template !== undefined && (
            <button
              type="button"
              className="btn bare icon small remove"
              aria-label={t.compose.remove(`${control.label} ${i}`)}
              onClick={() => draft.setShape(child.path, undefined)}
            >
              <Icon name="trash" small />
            </button>
          )}
        </div>
      ))}
    </>
  );
}
