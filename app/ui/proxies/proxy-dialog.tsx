import { useState } from 'react';
import type { ProxySpec } from '../../../core/traffic/proxy-spec.ts';
import { useApp } from '../app.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Dialog, FormLine } from '../widgets/dialog.tsx';
import { freeName, GUESS, isEndpointUrl, needsUpstream, PRESETS } from './presets.ts';

/** Starts a proxy, or changes one: `data` is then its spec. */
export function ProxyDialog({ data }: { readonly data: unknown }) {
  const app = useApp();
  const proxies = useStore(app.mirror.proxies);
  const protocols = useStore(app.mirror.protocols);
  const given = data as ProxySpec | undefined;
  const taken = proxies.map((proxy) => proxy.spec.name);
  const isEdit = given !== undefined && taken.includes(given.name);
  const [spec, setSpec] = useState<ProxySpec>(() => given ?? { ...GUESS, name: freeName(GUESS.name, taken) });
  const set = (part: Partial<ProxySpec>): void => setSpec((now) => ({ ...now, ...part }));
  const others = isEdit ? taken.filter((name) => name !== given.name) : taken;
  const isListenBad = !isEndpointUrl(spec.listen);
  const wantsUpstream = needsUpstream(spec.listen);
  const isUpstreamBad = wantsUpstream && !isEndpointUrl(spec.upstream ?? '');
  const isNameBad = spec.name.trim() === '' || others.includes(spec.name);
  const isSecure = /^(tls|wss):/.test(spec.listen) || /^(tls|wss):/.test(spec.upstream ?? '');
  const protocol = protocols.find((each) => each.id === spec.protocol);

  const submit = async (): Promise<void> => {
    const { upstream, ...rest } = spec;
    const clean: ProxySpec = wantsUpstream && upstream !== undefined ? { ...rest, upstream } : rest;
    if (isEdit) await app.client.request('proxy.update', { name: given.name, spec: clean });
    else await app.client.request('proxy.start', { spec: clean });
    app.mirror.proxies.set(await app.client.request('proxies.list', {}));
  };

  return (
    <Dialog
      title={isEdit ? t.proxies.editTitle(given.name) : t.proxies.start}
      icon="plug"
      action={isEdit ? t.proxies.save : t.proxies.startNow}
      isBlocked={isListenBad || isUpstreamBad || isNameBad}
      onSubmit={submit}
    >
      {!isEdit && (
        <FormLine label={t.proxies.preset}>
          <select
            className="field"
            autoFocus
            value={PRESETS.find((preset) => preset.spec.protocol === spec.protocol)?.id ?? ''}
            onChange={(event) => {
              const preset = PRESETS.find((each) => each.id === event.target.value);
              const next = preset?.spec ?? GUESS;
              setSpec({ ...next, name: freeName(next.name, taken) });
            }}
          >
            {PRESETS.map((preset) => (
              <option key={preset.id} value={preset.id}>{`${preset.id} · ${preset.transport}`}</option>
            ))}
            <option value="">{t.proxies.own}</option>
          </select>
        </FormLine>
      )}
      <FormLine label={t.proxies.name} hint={others.includes(spec.name) ? t.proxies.nameTaken : t.proxies.nameHint}>
        <input
          className="field"
          value={spec.name}
          aria-invalid={isNameBad}
          onChange={(event) => set({ name: event.target.value })}
        />
      </FormLine>
      <FormLine label={t.proxies.listen} hint={isListenBad ? t.proxies.badUrl : t.proxies.listenHint}>
        <input
          className="field mono"
          spellCheck={false}
          value={spec.listen}
          aria-invalid={isListenBad}
          onChange={(event) => set({ listen: event.target.value })}
        />
      </FormLine>
      {wantsUpstream ? (
        <FormLine label={t.proxies.upstream} hint={isUpstreamBad ? t.proxies.badUrl : t.proxies.upstreamHint}>
          <input
            className="field mono"
            spellCheck={false}
            value={spec.upstream ?? ''}
            aria-invalid={isUpstreamBad}
            onChange={(event) => set({ upstream: event.target.value })}
          />
        </FormLine>
      ) : (
        <p className="muted">{t.proxies.noUpstream}</p>
      )}
      <FormLine label={t.proxies.protocol}>
        <select
          className="field"
          value={spec.protocol ?? 'auto'}
          onChange={(event) => set({ protocol: event.target.value, options: {} })}
        >
          <option value="auto">{t.proxies.recognise}</option>
          {protocols.map((each) => (
            <option key={each.id} value={each.id}>
              {each.title}
            </option>
          ))}
        </select>
      </FormLine>
      {protocol?.options.map((option) => (
        <FormLine key={option.name} label={option.name} hint={option.doc}>
          {option.values === undefined ? (
            <input
              className="field"
              value={spec.options?.[option.name] ?? option.default}
              onChange={(event) => set({ options: { ...spec.options, [option.name]: event.target.value } })}
            />
          ) : (
            <select
              className="field"
              value={spec.options?.[option.name] ?? option.default}
              onChange={(event) => set({ options: { ...spec.options, [option.name]: event.target.value } })}
            >
              {option.values.map((value) => (
                <option key={value}>{value}</option>
              ))}
            </select>
          )}
        </FormLine>
      ))}
      <details className="more">
        <summary>{t.proxies.more}</summary>
        <FormLine label={t.proxies.role} hint={t.proxies.roleHint}>
          <input className="field" value={spec.role ?? ''} onChange={(event) => set({ role: event.target.value })} />
        </FormLine>
        <Check label={t.proxies.follow} value={spec.follow ?? true} onChange={(follow) => set({ follow })} />
        {spec.listen.startsWith('enet') && (
          <>
            <Check label={t.proxies.tap} value={spec.tap ?? false} onChange={(tap) => set({ tap })} />
            <Check
              label={t.proxies.carrierCommands}
              value={spec.carrierCommands ?? false}
              onChange={(carrierCommands) => set({ carrierCommands })}
            />
          </>
        )}
        {isSecure && (
          <Check
            label={t.proxies.verify}
            value={spec.tls?.verify ?? true}
            onChange={(verify) => set({ tls: { ...spec.tls, verify } })}
          />
        )}
        <Check
          label={t.proxies.allowRemote}
          hint={t.proxies.allowRemoteHint}
          value={spec.allowRemote ?? false}
          onChange={(allowRemote) => set({ allowRemote })}
        />
      </details>
    </Dialog>
  );
}

function Check({
  label,
  hint,
  value,
  onChange,
}: {
  readonly label: string;
  readonly hint?: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
}) {
  return (
    <label className="check-line">
      <input type="checkbox" checked={value} onChange={(event) => onChange(event.target.checked)} />
      <span>
        {label} {hint !== undefined && <span className="muted">{hint}</span>}
      </span>
    </label>
  );
}
