import { useState } from 'react';
import { useApp } from '../app.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Dialog, FormLine } from '../widgets/dialog.tsx';

export function DecodeAsDialog({ data }: { readonly data: unknown }) {
  const app = useApp();
  const id = typeof data === 'number' ? data : 0;
  const connection = useStore(app.mirror.connections).find((each) => each.id === id);
  const protocols = useStore(app.mirror.protocols);
  const [protocol, setProtocol] = useState(connection?.protocol ?? '');
  const [options, setOptions] = useState<Readonly<Record<string, string>>>({});
  const chosen = protocols.find((each) => each.id === protocol);
  return (
    <Dialog
      title={t.proxies.decodeTitle(`c${id}`)}
      icon="tree"
      action={t.proxies.decode}
      isBlocked={protocol === ''}
      onSubmit={async () => {
        await app.client.request('connection.decodeAs', { id, protocol, options });
        app.view.refresh();
        app.inspection.refresh();
      }}
    >
      <FormLine label={t.proxies.protocol}>
        <select
          className="field"
          autoFocus
          value={protocol}
          onChange={(event) => {
            setProtocol(event.target.value);
            setOptions({});
          }}
        >
          <option value="">—</option>
          {protocols.map((each) => (
            <option key={each.id} value={each.id}>
              {each.title}
            </option>
          ))}
        </select>
      </FormLine>
      {chosen?.options.map((option) => (
        <FormLine key={option.name} label={option.name} hint={option.doc}>
          <select
            className="field"
            value={options[option.name] ?? option.default}
            onChange={(event) => setOptions({ ...options, [option.name]: event.target.value })}
          >
            {(option.values ?? [option.default]).map((value) => (
              <option key={value}>{value}</option>
            ))}
          </select>
        </FormLine>
      ))}
    </Dialog>
  );
}
