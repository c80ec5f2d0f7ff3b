/** What an `enet://` URL may say beyond host and port: `?checksum&compression=range-coder`, when the game's ENet uses them. */
import type { EndpointUrl } from '../relay/endpoint-url.ts';
import { EngineError } from '../traffic/engine-error.ts';

export interface EnetSettings {
  readonly checksum: boolean;
  readonly compression: 'range-coder' | 'none';
}

/** @throws EngineError `bad-url`. */
export function enetSettings(url: EndpointUrl): EnetSettings {
  const settings = { checksum: false, compression: 'none' as EnetSettings['compression'] };
  for (const [key, value] of new URLSearchParams(url.path.replace(/^\/?\??/, ''))) {
    if (key === 'checksum' && (value === '' || value === 'crc32')) settings.checksum = true;
    else if (key === 'compression' && (value === 'range-coder' || value === 'none')) settings.compression = value;
    else {
      const text = `enet:// URLs know ?checksum and ?compression=range-coder, not ${key}${value === '' ? '' : `=${value}`}.`;
      throw new EngineError('bad-url', text);
    }
  }
  return settings;
}
