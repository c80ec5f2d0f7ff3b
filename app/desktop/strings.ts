/** Everything the shell says by itself; what the page says is in `app/ui/strings`. */
export const t = {
  engineEnded: (code: number, lastLine: string) =>
    `The engine ended (exit code ${code})${lastLine === '' ? '' : `: ${lastLine}`}.`,
  keptOnDisk: 'Recorded sessions are on disk and can be opened again.',
  startedAgain: (why: string, path: string) =>
    `${why} It was started again. What was recorded until then is in ${path}`,
  liveTitle: (title: string) => `Close ${title}?`,
  liveText: (proxies: number, connections: number) =>
    `${proxies === 1 ? 'A proxy or capture is' : `${proxies} proxies and captures are`} running in it${
      connections === 0 ? '' : `, with ${connections} open ${connections === 1 ? 'connection' : 'connections'}`
    }. Closing its last window ends them. What was recorded is kept.`,
  quitTitle: 'Quit Interpose?',
  quitText: (titles: readonly string[]) =>
    `Proxies or captures are running in ${titles.join(', ')}. Quitting ends them. What was recorded is kept.`,
  closeIt: 'Close',
  quit: 'Quit',
  cancel: 'Cancel',
  openRecent: 'Open Recent',
  noRecent: 'No Recent Files',
  sessionsAndCaptures: 'Sessions and captures',
  allFiles: 'All files',
  file: 'File',
  edit: 'Edit',
} as const;
