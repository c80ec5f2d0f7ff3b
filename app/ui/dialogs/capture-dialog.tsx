import { useState } from 'react';
import { useApp } from '../app.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Dialog, FormLine } from '../widgets/dialog.tsx';
import { useRequest } from '../widgets/use-request.ts';

export function CaptureDialog() {
  const app = useApp();
  const interfaces = useRequest((client) => client.request('capture.interfaces', {}), '');
  const protocols = useStore(app.mirror.protocols);
  const capture = useStore(app.mirror.capture);
  const [chosen, setChosen] = useState('');
  const [filter, setFilter] = useState('');
  const [as, setAs] = useState('');
  const name = chosen === '' ? (interfaces.value?.[0]?.name ?? '') : chosen;
  return (
    <Dialog
      title={t.dialogs.capture}
      icon="target"
      action={t.dialogs.startCapture}
      isBlocked={name === ''}
      onSubmit={async () => {
        const status = await app.client.request('capture.start', {
          interface: name,
          ...(filter === '' ? {} : { filter }),
          ...(as === '' ? {} : { as }),
        });
        app.mirror.capture.set(status);
      }}
    >
      <p className="lead">{t.dialogs.captureText}</p>
      {interfaces.error !== '' && <div className="remark bad">{interfaces.error}</div>}
      {capture?.error !== undefined && <div className="remark bad">{capture.error}</div>}
      <FormLine label={t.dialogs.interface}>
        <select className="field" value={name} onChange={(event) => setChosen(event.target.value)} autoFocus>
          {(interfaces.value ?? []).map((each) => (
            <option key={each.name} value={each.name}>
              {`${each.name} ${each.addresses.join(', ')}`}
            </option>
          ))}
        </select>
      </FormLine>
      <FormLine label={t.dialogs.bpf} hint={t.dialogs.bpfHint}>
        <input
          className="field mono"
          value={filter}
          spellCheck={false}
          onChange={(event) => setFilter(event.target.value)}
          placeholder="tcp port 7000"
        />
      </FormLine>
      <FormLine label={t.proxies.protocol}>
        <select className="field" value={as} onChange={(event) => setAs(event.target.value)}>
          <option value="">{t.proxies.recognise}</option>
          {protocols.map((each) => (
            <option key={each.id} value={each.id}>
              {each.title}
            </option>
          ))}
        </select>
      </FormLine>
    </Dialog>
  );
}
