/** The page stays at the engine's origin: no other navigation, no new windows, no web views, no permissions. */
import type { Session, WebContents } from 'electron';

/** Exact origin, never a prefix or a substring. */
export function isOurOrigin(url: string, origin: string): boolean {
  try {
    return new URL(url).origin === origin && new URL(origin).origin === origin;
  } catch {
    return false;
  }
}

/** Only https links leave for the user's browser. */
export function isSafeLink(url: string): boolean {
  try {
    return new URL(url).protocol === 'https:';
  } catch {
    return false;
  }
}

export function guardNavigation(
  contents: WebContents,
  origin: () => string,
  openExternal: (url: string) => void,
): void {
  contents.setWindowOpenHandler(({ url }) => {
    if (isSafeLink(url)) openExternal(url);
    return { action: 'deny' };
  });
  contents.on('will-navigate', (event) => {
    if (!isOurOrigin(event.url, origin())) event.preventDefault();
  });
  contents.on('will-redirect', (event) => {
    if (!isOurOrigin(event.url, origin())) event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

/** Copying to the clipboard and notifications are what the page uses; everything else is refused. */
export function guardPermissions(session: Session, origin: (contents: WebContents) => string): void {
  const allowed = new Set(['clipboard-sanitized-write', 'notifications']);
  session.setPermissionRequestHandler((contents, permission, answer) =>
    answer(allowed.has(permission) && isOurOrigin(contents.getURL(), origin(contents))),
  );
  session.setPermissionCheckHandler(
    (contents, permission, requester) =>
      contents !== null && allowed.has(permission) && isOurOrigin(requester, origin(contents)),
  );
}
