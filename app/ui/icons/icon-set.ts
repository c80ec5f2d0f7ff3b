/**
 * The icon set: 16 px box, 1.5 px stroke, round caps, `currentColor`. Drawn once as a sprite, used by reference from React and
 * from rows that are filled without it.
 */
export type IconName =
  | 'bolt'
  | 'camera'
  | 'check'
  | 'chev'
  | 'clock'
  | 'columns'
  | 'contrast'
  | 'copy'
  | 'differ'
  | 'dnarrow'
  | 'dock'
  | 'dockr'
  | 'down'
  | 'drop'
  | 'edit'
  | 'equal'
  | 'error'
  | 'export'
  | 'eye'
  | 'file'
  | 'filter'
  | 'flag'
  | 'folder'
  | 'gear'
  | 'history'
  | 'hold'
  | 'inject'
  | 'lanes'
  | 'left'
  | 'link'
  | 'list'
  | 'logo'
  | 'missing'
  | 'moon'
  | 'more'
  | 'note'
  | 'palette'
  | 'pause'
  | 'play'
  | 'plug'
  | 'plus'
  | 'replay'
  | 'right'
  | 'screen'
  | 'search'
  | 'send'
  | 'shield'
  | 'star'
  | 'stop'
  | 'sun'
  | 'target'
  | 'trash'
  | 'tree'
  | 'up'
  | 'warn'
  | 'x';

/** Inner markup of each symbol. */
export const ICONS: Readonly<Record<IconName, string>> = {
  bolt: '<path d="M9 1.8L3.5 9H8l-1 5.2L12.5 7H8z"/>',
  camera: '<path d="M2.5 5h2.7l1-1.8h3.6l1 1.8h2.7v7.8h-11z"/><circle cx="8" cy="8.6" r="2.2"/>',
  check: '<path d="M3 8.5l3.3 3.3L13 4.8"/>',
  chev: '<path d="M6 4l4 4-4 4"/>',
  clock: '<circle cx="8" cy="8" r="5.75"/><path d="M8 4.8V8l2.3 1.6"/>',
  columns: '<rect x="2.5" y="3" width="11" height="10" rx="1"/><path d="M6.2 3v10M9.8 3v10"/>',
  contrast: '<circle cx="8" cy="8" r="5.75"/><path class="fill" d="M8 2.25a5.75 5.75 0 0 1 0 11.5z"/>',
  copy: '<rect x="5.5" y="5.5" width="8" height="8" rx="1.2"/><path d="M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2"/>',
  differ: '<path d="M3.5 6h9M3.5 10h9M10.5 3l-5 10"/>',
  dnarrow: '<path d="M8 3v10M4 9l4 4 4-4"/>',
  dock: '<rect x="2.5" y="3" width="11" height="10" rx="1"/><path d="M2.5 9h11"/>',
  dockr: '<rect x="2.5" y="3" width="11" height="10" rx="1"/><path d="M9.5 3v10"/>',
  down: '<path d="M4 6l4 4 4-4"/>',
  drop: '<path d="M4 4l8 8M12 4l-8 8"/>',
  edit: '<path d="M10.5 3.2l2.3 2.3L5.6 12.7l-3 .7.7-3zM9 4.7L11.3 7"/>',
  equal: '<path d="M3.5 6h9M3.5 10h9"/>',
  error: '<path d="M5.4 2.2h5.2l3.2 3.2v5.2l-3.2 3.2H5.4l-3.2-3.2V5.4zM8 5v3.6M8 10.9v.1"/>',
  export: '<path d="M8 10V2.5M5 5.5l3-3 3 3M3 10v3.5h10V10"/>',
  eye: '<path d="M1.8 8S4 3.8 8 3.8 14.2 8 14.2 8 12 12.2 8 12.2 1.8 8 1.8 8z"/><circle cx="8" cy="8" r="1.8"/>',
  file: '<path d="M4 2h5.5L12.5 5v9H4zM9.5 2v3h3"/>',
  filter: '<path d="M2.5 4h11M4.5 8h7M6.5 12h3"/>',
  flag: '<path d="M4 14V2.5h8.5l-2 3 2 3H4"/>',
  folder: '<path d="M2 12.5v-9h4l1.5 2H14v7z"/>',
  gear: '<circle cx="8" cy="8" r="2.2"/><path d="M8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6L5 5M11 11l1.4 1.4M3.6 12.4L5 11M11 5l1.4-1.4"/>',
  history: '<path d="M2.8 8a5.2 5.2 0 1 0 1.7-3.9L2.8 5.5M2.8 2.5v3h3M8 5.2V8l2 1.4"/>',
  hold: '<circle cx="8" cy="8" r="5.75"/><path d="M6.25 5.75v4.5M9.75 5.75v4.5"/>',
  inject: '<path d="M8 2.2L13.8 8 8 13.8 2.2 8z"/>',
  lanes: '<path d="M3.5 2.5v11M12.5 2.5v11M3.5 6h9M10 4l2.5 2-2.5 2M12.5 11h-9"/>',
  left: '<path d="M13.5 8h-11M6.5 4l-4 4 4 4"/>',
  link: '<path d="M6.7 9.3a2.6 2.6 0 0 0 3.7 0l2.3-2.3a2.6 2.6 0 0 0-3.7-3.7l-.9.9M9.3 6.7a2.6 2.6 0 0 0-3.7 0L3.3 9a2.6 2.6 0 0 0 3.7 3.7l.9-.9"/>',
  list: '<path d="M2.5 4h11M2.5 8h11M2.5 12h11"/>',
  logo: '<path d="M1.5 8h4M10.5 8h4M8 1.8v12.4" /><circle cx="8" cy="8" r="2.5"/>',
  missing: '<path d="M3.5 8h9" stroke-dasharray="2 2.5"/>',
  moon: '<path d="M13 9.8A5.5 5.5 0 0 1 6.2 3 5.5 5.5 0 1 0 13 9.8z"/>',
  more: '<path d="M3.5 8v.1M8 8v.1M12.5 8v.1" stroke-width="2"/>',
  note: '<circle cx="8" cy="8" r="5.75"/><path d="M8 7.5v3.3M8 5.2v.1"/>',
  palette:
    '<path d="M8 2.2a5.8 5.8 0 1 0 0 11.6c1.2 0 1.4-.9 1-1.7-.5-1 .1-1.9 1.2-1.9h1.5c1.4 0 2.1-.9 2.1-2.2A5.8 5.8 0 0 0 8 2.2zM5 8v.1M6.8 5.3v.1M10 5.3v.1"/>',
  pause: '<path d="M5.5 3.5v9M10.5 3.5v9"/>',
  play: '<path d="M5 3.5v9l7-4.5z"/>',
  plug: '<path d="M5.5 2v3M10.5 2v3M4 5h8v2.5a4 4 0 0 1-8 0zM8 11.5V14"/>',
  plus: '<path d="M8 3v10M3 8h10"/>',
  replay: '<path d="M3 8a5 5 0 1 0 1.6-3.6L3 6M3 2.5V6h3.5"/>',
  right: '<path d="M2.5 8h11M9.5 4l4 4-4 4"/>',
  screen: '<rect x="2" y="3" width="12" height="8" rx="1"/><path d="M6 13.5h4"/>',
  search: '<circle cx="7" cy="7" r="4.25"/><path d="M10.2 10.2l3.3 3.3"/>',
  send: '<path d="M2.5 8l11-5-4 10.5-2.2-4.3z"/>',
  shield: '<path d="M8 2l5 1.8v3.7c0 3.2-2 5.4-5 6.5-3-1.1-5-3.3-5-6.5V3.8z"/>',
  star: '<path d="M8 2.2l1.8 3.7 4 .6-2.9 2.8.7 4L8 11.4l-3.6 1.9.7-4L2.2 6.5l4-.6z"/>',
  stop: '<rect x="4" y="4" width="8" height="8" rx="1"/>',
  sun: '<circle cx="8" cy="8" r="3"/><path d="M8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M3.4 12.6l1.1-1.1M11.5 4.5l1.1-1.1"/>',
  target: '<circle cx="8" cy="8" r="5.5"/><circle cx="8" cy="8" r="2"/>',
  trash: '<path d="M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9"/>',
  tree: '<path d="M3 3h4M5 3v9.5h2.5M5 8h2.5M9.5 8H13M9.5 12.5H13"/>',
  up: '<path d="M4 10l4-4 4 4"/>',
  warn: '<path d="M8 2.5l6 11H2zM8 6.5v3.2M8 11.7v.1"/>',
  x: '<path d="M4.5 4.5l7 7M11.5 4.5l-7 7"/>',
};
