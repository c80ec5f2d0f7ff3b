import { useRef, useState } from 'react';
import type { Direction } from '../../../core/traffic/frame.ts';
import { useApp } from '../app.ts';
import { hexOf } from '../format/bytes.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { FormLine } from '../widgets/dialog.tsx';
import { useRequest } from '../widgets/use-request.ts';

/** The relay's own limit of a frame. */
const LARGEST_FILE = 16 * 1024 * 1024;

/** Protocol and message to write from nothing, bytes, or a file of them. */
export function MessageChoice() {
  const app = useApp();
  const { draft, options } = app.compose;
  const protocols = useStore(app.mirror.protocols);
  const source = useStore(draft.state, (state) => state.source);
  const [chosen, setChosen] = useState('');
  const picker = useRef<HTMLInputElement>(null);
  const protocol = chosen === '' ? (source?.protocol ?? protocols[0]?.id ?? '') : chosen;
  const described = useRequest(
    (client) => (protocol === '' ? Promise.resolve(undefined) : client.request('protocol.describe', { id: protocol })),
    protocol,
  );
  const messages = described.value?.messageList ?? [];
  const open = (name: string): void => {
    const message = messages.find((each) => each.name === name);
    if (message === undefined) return;
    const direction: Direction = message.direction === 'both' ? options.get().direction : message.direction;
    const connections = app.mirror.connections.get().filter((each) => each.closed === undefined);
    const conn =
      connections.find((each) => each.id === options.get().conn) ??
      connections.find((each) => each.protocol === protocol);
    options.update((now) => ({ ...now, direction, conn: conn?.id ?? 0 }));
    void draft.openMessage({ protocol, message: name, direction, conn: conn?.id ?? 0 }).catch(app.notices.problem);
  };
  const openBytes = (hex: string): void => {
    const { direction, conn } = options.get();
    draft.openBytes({ protocol, direction, conn }, hex);
  };
  const openFile = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    if (file.size > LARGEST_FILE) throw new Error(t.compose.fileTooLarge);
    openBytes(hexOf(new Uint8Array(await file.arrayBuffer())));
  };
  return (
    <>
      <div className="head">
        <h2>{t.compose.message}</h2>
      </div>
      <div className="side-form">
        <FormLine label={t.proxies.protocol}>
          <select className="field" value={protocol} onChange={(event) => setChosen(event.target.value)}>
            {protocols.map((each) => (
              <option key={each.id} value={each.id}>
                {each.title}
              </option>
            ))}
          </select>
        </FormLine>
        <FormLine label={t.compose.message}>
          <input
            className="field mono"
            list="compose-messages"
            placeholder={t.compose.chooseMessage}
            spellCheck={false}
            key={`${protocol}-${source?.message ?? ''}`}
            defaultValue={source?.protocol === protocol ? source.message : ''}
            onChange={(event) => open(event.target.value)}
          />
          <datalist id="compose-messages">
            {messages.map((message, i) => (
              <option key={`${message.name}-${i}`} value={message.name}>
                {message.title ?? message.group ?? ''}
              </option>
            ))}
          </datalist>
        </FormLine>
        <div className="buttons">
          <button type="button" className="btn" onClick={() => openBytes('')}>
            {t.compose.asBytes}
          </button>
          <button type="button" className="btn" onClick={() => picker.current?.click()}>
            <Icon name="file" />
            {t.compose.fromFile}
          </button>
          <input
            ref={picker}
            type="file"
            hidden
            aria-label={t.compose.fromFile}
            onChange={(event) => {
              void openFile(event.target.files?.[0]).catch(app.notices.problem);
              event.target.value = '';
            }}
          />
        </div>
      </div>
    </>
  );
}
