/**
 * The viewer inside the HTML report, as the text the browser runs. Plain JavaScript of every current browser; writes traffic as
 * text nodes only, so nothing a peer sent can become markup.
 */
export const VIEWER_SCRIPT =
  String.raw`'use strict';
(() => {
const $ = (id) => document.getElementById(id);
const ROW = 22;
const unpack = async (id) => {
  const element = $(id);
  const text = atob(element.textContent);
  element.remove();
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
};
const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};
let rows = [], details = [], shown = [], about = { connections: [] }, connections = new Map();
let selected = -1;
const SEVERITY = ['', 'note', 'warning', 'error'];
const plural = (n, what) => n + ' ' + what + (n === 1 ? '' : 's');
const size = (n) => n < 10000 ? n + ' B' : n < 1e7 ? (n / 1000).toFixed(1) + ' kB' : (n / 1e6).toFixed(1) + ' MB';

const escapeRegExp = (text) => text.replace(/[.*+?^$` +
  '{' +
  String.raw`}()|[\]\\]/g, '\\$&');
const parse = (text) => (text.match(/!?(?:[a-z]+:)?(?:"[^"]*"|\S+)/gi) || []).map((token) => {
  const not = token.startsWith('!');
  const plain = not ? token.slice(1) : token;
  const match = /^(conn|dir|proto|msg|is|n):(.*)$/i.exec(plain);
  const value = (match ? match[2] : plain).replace(/^"|"$/g, '').toLowerCase();
  const test = (() => {
    switch (match ? match[1].toLowerCase() : '') {
      case 'conn': return (r) => String(r[2]) === value;
      case 'dir': return (r) => (r[3] ? 's2c' : 'c2s') === value;
      case 'proto': return (r) => r[4].toLowerCase() === value;
      case 'msg': return (r) => r[5].toLowerCase().includes(value);
      case 'n': {
        const [from, to = from] = value.split('-').map(Number);
        return (r) => r[0] >= from && r[0] <= to;
      }
      case 'is': return (r) => value === 'problem' ? r[8] > 1 : value === 'marked' ? r[13] !== '' || r[14] !== '' : SEVERITY[r[8]] === value || r[9] === value || r[10] === value;
      default: {
        const pattern = new RegExp(escapeRegExp(value), 'i');
        return (r, i) => pattern.test(r[5]) || pattern.test(r[6]) || pattern.test(r[4]) || pattern.test(r[14]) || (details.length > 0 && pattern.test(details[i]));
      }
    }
  })();
  return not ? (r, i) => !test(r, i) : test;
});

const filter = () => {
  const tests = parse($('filter').value);
  if ($('problems').checked) tests.push((r) => r[8] > 1);
  const keep = selected >= 0 ? shown[selected] : undefined;
  shown = [];
  for (let i = 0; i < rows.length; i++) if (tests.every((test) => test(rows[i], i))) shown.push(i);
  selected = keep === undefined ? -1 : shown.indexOf(keep);
  $('height').style.height = shown.length * ROW + 'px';
  const redacted = about.redacted === null ? '' : ', ' + about.redacted + ' secrets replaced';
  $('count').textContent = (shown.length === rows.length ? '' : shown.length + ' of ') + plural(rows.length, 'frame') + ' on ' + plural(about.connections.length, 'connection') + redacted + (about.left > 0 ? ', ' + about.left + ' later frames are not in this report' : '');
  document.body.dataset.shown = String(shown.length);
  draw();
};

const draw = () => {
  const scroll = $('scroll');
  const from = Math.max(0, Math.floor(scroll.scrollTop / ROW) - 5);
  const to = Math.min(shown.length, from + Math.ceil(scroll.clientHeight / ROW) + 10);
  const view = $('rows-view');
  view.style.transform = 'translateY(' + from * ROW + 'px)';
  const lines = [];
  for (let i = from; i < to; i++) {
    const r = rows[shown[i]];
    const line = make('div', 'row' + (i === selected ? ' on' : '') + (r[8] > 1 ? ' e' + r[8] : ''));
    line.setAttribute('role', 'row');
    line.dataset.i = i;
    const tags = [r[9], r[10], r[14] ? '✎ ' + r[14] : r[13] ? '●' : ''].filter(Boolean).join(' ');
    const summary = make('span', 's', r[6]);
    if (tags) summary.prepend(make('b', 'tag', tags + ' '));
    if (r[8] > 1) summary.prepend(make('b', '', r[8] === 3 ? '✕ ' : '! '));
    line.append(make('span', 'n', r[0]), make('span', 'at', r[1].toFixed(6)), make('span', 'c', r[2]), make('span', 'd ' + (r[3] ? 'down' : 'up'), r[3] ? '←' : '→'), make('span', 'p', r[4]), make('span', 'm', r[5]), summary, make('span', 'z', size(r[7])));
    lines.push(line);
  }
  view.replaceChildren(...lines);
};

const tree = (key, value) => {
  const name = make('span', 'key', key + ': ');
  if (value !== null && typeof value === 'object') {
    const keys = Object.keys(value);
    const element = make('details');
    element.open = keys.length <= 40;
    const summary = make('summary');
    summary.append(name, Array.isArray(value) ? keys.length + ' items' : '{' + keys.length + '}');
    element.append(summary);
    let isFilled = false;
    const fill = () => {
      if (isFilled || !element.open) return;
      isFilled = true;
      for (const each of keys.slice(0, 2000)) element.append(tree(each, value[each]));
    };
    element.addEventListener('toggle', fill);
    fill();
    return element;
  }
  const line = make('div');
  line.append(name, JSON.stringify(value));
  return line;
};
const hexDump = (hex) => {
  const lines = [];
  for (let at = 0; at < hex.length; at += 32) {
    const part = hex.slice(at, at + 32);
    const bytes = part.match(/../g) || [];
    const text = bytes.map((b) => { const c = parseInt(b, 16); return c >= 32 && c < 127 ? String.fromCharCode(c) : '·'; }).join('');
    lines.push((at / 2).toString(16).padStart(6, '0') + '  ' + bytes.join(' ').padEnd(48) + ' ' + text);
  }
  return lines.join('\n');
};
const show = () => {
  const pane = $('details-view');
  if (selected < 0 || details.length === 0) {
    pane.replaceChildren(make('p', 'muted', details.length === 0 ? 'Reading…' : 'Choose a frame to see its fields and bytes.'));
    return;
  }
  const i = shown[selected];
  const r = rows[i];
  const d = JSON.parse(details[i]);
  const parts = [make('h2', '', 'Frame ' + r[0] + ' ' + (r[3] ? '←' : '→') + ' ' + r[5])];
  const c = connections.get(r[2]);
  const facts = [new Date(d.time * 1000).toISOString(), c ? 'connection ' + c[0] + ': ' + c[1] + ' (' + c[2] + (c[3] ? ', ' + c[3] : '') + ')' : '', r[9], r[10], d.touchedBy ? 'by ' + d.touchedBy.join(', ') : '', d.answers ? 'answers frame ' + d.answers + ' after ' + r[11] + ' ms' : '', r[12] > 0 ? 'waited ' + r[12] + ' ms' : '', d.carrier ? JSON.stringify(d.carrier) : ''];
  parts.push(make('p', 'muted', facts.filter(Boolean).join(' · ')));
  if (r[14]) parts.push(make('p', 'tag', '✎ ' + r[14]));
  for (const info of d.expert || []) parts.push(make('p', 'remark ' + info.severity, info.severity + ': ' + info.text));
  parts.push(make('h3', '', 'Fields'));
  const fields = make('div', 'tree');
  if (d.cutFields) fields.append(make('pre', '', d.cutFields + '… (cut; the session has all of it)'));
  for (const message of d.fields || []) fields.append(tree(message.message === null ? 'not understood' : message.message, message.fields === undefined ? null : message.fields));
  parts.push(fields, make('h3', '', 'Bytes (' + r[7] + ')'), make('pre', '', hexDump(d.hex) + (d.hex.length / 2 < r[7] ? '\n… ' + (r[7] - d.hex.length / 2) + ' more' : '')));
  if (d.sent !== undefined) parts.push(make('h3', '', 'Sent on as'), make('pre', '', hexDump(d.sent)));
  pane.replaceChildren(...parts);
};
const select = (i) => {
  if (shown.length === 0) return;
  selected = Math.max(0, Math.min(shown.length - 1, i));
  const scroll = $('scroll');
  const top = selected * ROW;
  if (top < scroll.scrollTop) scroll.scrollTop = top;
  else if (top + ROW > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = top + ROW - scroll.clientHeight;
  draw();
  show();
};
$('scroll').addEventListener('scroll', draw, { passive: true });
addEventListener('resize', draw);
$('rows-view').addEventListener('click', (event) => {
  const line = event.target.closest('.row');
  if (line) select(Number(line.dataset.i));
});
let timer;
$('filter').addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(filter, 80); });
$('problems').addEventListener('change', filter);
addEventListener('keydown', (event) => {
  const inFilter = event.target === $('filter');
  const page = Math.max(1, Math.floor($('scroll').clientHeight / ROW) - 1);
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }[event.key];
  if (step !== undefined) select((selected < 0 && step > 0 ? -1 : selected) + step);
  else if (event.key === 'Home' && !inFilter) select(0);
  else if (event.key === 'End' && !inFilter) select(shown.length - 1);
  else if (event.key === '/' && !inFilter) $('filter').focus();
  else return;
  event.preventDefault();
});
(async () => {
  const lines = (text) => text === '' ? [] : text.slice(0, -1).split('\n');
  about = JSON.parse(await unpack('about'));
  connections = new Map(about.connections.map((c) => [c[0], c]));
  $('title').textContent = about.title || 'Session';
  if (about.notes) { $('notes').textContent = about.notes; $('notes').hidden = false; }
  rows = lines(await unpack('rows')).map((line) => JSON.parse(line));
  filter();
  document.body.dataset.ready = 'rows';
  details = lines(await unpack('details'));
  document.body.dataset.ready = 'all';
  if ($('filter').value) filter();
  show();
})();
})();`;
