/**
 * The engine's token arrives in the URL fragment, which never leaves the page. It moves to this tab's storage at once and the
 * fragment is erased, so that a copied address or a screenshot does not carry it.
 */
const KEY = 'interpose.token';

export interface TokenPlace {
  readonly hash: string;
  readonly storage: Pick<Storage, 'getItem' | 'setItem'>;
  erase(): void;
}

export interface Arrival {
  readonly token: string | null;
  /** A file to open first, named by the page that opened this one. Only beside a token: a mere link must not open anything. */
  readonly open?: string;
}

export function takeToken(place: TokenPlace): Arrival {
  const given = new URLSearchParams(place.hash.replace(/^#/, ''));
  const token = given.get('token');
  if (token === null || token === '') return { token: place.storage.getItem(KEY) };
  place.storage.setItem(KEY, token);
  place.erase();
  const open = given.get('open');
  return open === null ? { token } : { token, open };
}
