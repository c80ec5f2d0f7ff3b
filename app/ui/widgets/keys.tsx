import { useApp } from '../app.ts';
import { keyCaps } from '../commands/keys.ts';
import { useStore } from '../state/store.ts';

/** The keys of a command as key caps, with the user's own changes; nothing when it has none. */
export function Keys({ command }: { readonly command: string }) {
  const app = useApp();
  useStore(app.settings, (settings) => settings.keys);
  const found = app.commands.get(command);
  const chord = found === undefined ? undefined : app.commands.keysOf(found)[0];
  return chord === undefined ? null : <Chord chord={chord} />;
}

export function Chord({ chord }: { readonly chord: string }) {
  const { host } = useApp();
  return (
    <span className="keys" aria-hidden="true">
      {keyCaps(chord, host.isMac).map((cap) => (
        <kbd key={cap}>{cap}</kbd>
      ))}
    </span>
  );
}
