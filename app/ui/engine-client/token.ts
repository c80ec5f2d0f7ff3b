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

export function takeToken(place: TokenPlace): string | null {
  const given = new URLSearchParams(place.hash.replace(/^#/, '')).get('token');
  if (given !== null && given !== '') {
    place.storage.setItem(KEY, given);
    place.erase();
    return given;
  }
  return place.storage.getItem(KEY);
}
