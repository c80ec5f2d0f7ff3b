/**
 * Writes what was changed in the app into `interpose.yaml`, as its author would: nothing else in the file moves, and what the
 * reader fills in by itself (ids, `enabled: true`, the usual limits) is not written.
 */
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { messageOf } from '../session/session-database.ts';
import type { Breakpoint, FaultPlan, Rule } from '../traffic/control.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { ProxySpec } from '../traffic/proxy-spec.ts';
import { type Config, describeProblems, readConfig, USUAL } from './config.ts';
import { NotPatchable, patchSection, same } from './yaml-patch.ts';
import { readYaml } from './yaml-text.ts';

export type ConfigChange =
  | { readonly section: 'rules'; readonly rules: readonly Rule[] }
  | { readonly section: 'breakpoints'; readonly breakpoints: readonly Breakpoint[] }
  | { readonly section: 'faults'; readonly plan: FaultPlan }
  /** `name` it has in the file; without `spec` it is taken out. */
  | { readonly section: 'proxies'; readonly name: string; readonly spec?: ProxySpec }
  | { readonly section: 'script'; readonly path: string | undefined };

type Section = ConfigChange['section'];
type ListSection = 'rules' | 'breakpoints' | 'faults';
type Item = Readonly<Record<string, unknown>>;

const LISTS = ['rules', 'breakpoints', 'faults'] as const;

export class ConfigWriter {
  readonly #path: string;
  readonly #folder: string;
  #seen: Config = { proxies: [], protocols: [] };
  /** The ids the items of the file go by in the app, which need not stand in the file. */
  readonly #ids: Record<ListSection, readonly string[]> = { rules: [], breakpoints: [], faults: [] };

  constructor(path: string) {
    this.#path = resolve(path);
    this.#folder = dirname(this.#path);
  }

  /** Tells what of the file is in force now. */
  inForce(config: Config): void {
    for (const section of LISTS) {
      if (!same(listOf(config, section), listOf(this.#seen, section))) this.#ids[section] = idsOf(config, section);
    }
    this.#seen = config;
  }

  /**
   * Resolves to the configuration as the file then has it.
   * @throws EngineError `unreadable-file`, `bad-config` when the file is broken at the moment or cannot be changed in place
   */
  write(change: ConfigChange): Config {
    const source = this.#read();
    const disk = readConfig(source, this.#path);
    if (!disk.ok) throw new EngineError('bad-config', describeProblems(this.#path, disk.problems));
    let reason = '';
    for (const withIds of [this.#hasIds(source, change.section), true]) {
      try {
        const text = this.#patched(source, disk.config, change, withIds);
        const now = readConfig(text, this.#path);
        if (now.ok && this.#isAsked(disk.config, now.config, change)) {
          if (text !== source) this.#save(text);
          this.#written(now.config, change);
          return now.config;
        }
        reason = 'it would then say something else';
      } catch (error) {
        if (!(error instanceof NotPatchable)) throw error;
        reason = error.message;
      }
    }
    throw new EngineError('bad-config', `${this.#path} cannot be changed in place (${reason}).`);
  }

  #read(): string {
    try {
      return readFileSync(this.#path, 'utf8');
    } catch (error) {
      throw new EngineError('unreadable-file', `Cannot read ${this.#path}: ${messageOf(error)}.`, { cause: error });
    }
  }

  /** Beside the file and then in its place, so that nobody reads half of it. */
  #save(text: string): void {
    const target = realpathSync(this.#path);
    const beside = join(dirname(target), `.${basename(target)}.${process.pid}.new`);
    try {
      const file = openSync(beside, 'w', statSync(target).mode);
      try {
        writeSync(file, text);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(beside, target);
    } catch (error) {
      rmSync(beside, { force: true });
      throw new EngineError('unreadable-file', `Cannot write ${target}: ${messageOf(error)}.`, { cause: error });
    }
  }

  #patched(source: string, disk: Config, change: ConfigChange, withIds: boolean): string {
    const { section } = change;
    if (section === 'script') {
      return patchSection(source, section, this.#near(disk.script), this.#near(change.path), new Map());
    }
    if (section === 'proxies') {
      const before = disk.proxies.map((spec) => this.#plainProxy(spec));
      const names = disk.proxies.map((spec) => spec.name);
      const after = this.#proxiesAfter(disk, change);
      // A proxy that was renamed is still the same place in the file.
      const now = after.map((spec) => (spec['name'] === change.spec?.name ? change.name : String(spec['name'])));
      const had = Object.hasOwn(disk, 'proxies') && before.length > 0;
      const keys = new Map([
        [before, names],
        [after, now],
      ]);
      if (!had && after.length === 0) return source;
      return patchSection(source, section, isWritten(source, section) ? before : undefined, after, keys);
    }
    const old = listOf(disk, section);
    const oldIds = same(old, listOf(this.#seen, section)) ? this.#ids[section] : idsOf(disk, section);
    const wanted = wantedOf(change);
    const before = old.map((item) => without(item, ['id']));
    const after = wanted.map((item) =>
      oldIds.includes(String(item['id'])) ? without(item, ['id']) : asWritten(section, item, withIds),
    );
    const keys = new Map([
      [before, oldIds],
      [after, wanted.map((item) => String(item['id']))],
    ]);
    const has = disk[section] !== undefined;
    if (section !== 'faults') {
      return !has && after.length === 0 ? source : patchSection(source, section, has ? before : undefined, after, keys);
    }
    const { seed } = change.plan;
    if (has) {
      const plan = { seed: disk.faults!.seed, faults: before };
      return patchSection(source, section, plan, { seed, faults: after }, keys);
    }
    if (seed === 1 && after.length === 0) return source;
    return patchSection(source, section, undefined, seed === 1 ? after : { seed, faults: after }, keys);
  }

  /** What is asked for is what the new text says, and everything else says what it said. */
  #isAsked(disk: Config, now: Config, change: ConfigChange): boolean {
    const { section } = change;
    const rest = (config: Config): Item => without(plain(config), [section]);
    if (!same(rest(disk), rest(now))) return false;
    if (section === 'script') return this.#near(now.script) === this.#near(change.path);
    if (section === 'proxies')
      return same(
        now.proxies.map((spec) => this.#plainProxy(spec)),
        this.#proxiesAfter(disk, change),
      );
    if (section === 'faults' && (now.faults?.seed ?? 1) !== change.plan.seed) return false;
    const bare = (items: readonly Item[]): Item[] => items.map((item) => without(item, ['id']));
    return same(bare(listOf(now, section)), bare(wantedOf(change)));
  }

  #proxiesAfter(disk: Config, { name, spec }: ConfigChange & { section: 'proxies' }): Item[] {
    const given = spec === undefined ? [] : [this.#plainProxy(spec)];
    const at = disk.proxies.findIndex((p) => p.name === name);
    const list = disk.proxies.map((p) => this.#plainProxy(p));
    return at < 0 ? [...list, ...given] : [...list.slice(0, at), ...given, ...list.slice(at + 1)];
  }

  #written(now: Config, change: ConfigChange): void {
    const { section } = change;
    const { [section]: _old, ...others } = this.#seen as Config & Record<Section, unknown>;
    const value = now[section];
    this.#seen = { ...others, ...(value === undefined ? {} : { [section]: value }) } as Config;
    if (section !== 'script' && section !== 'proxies')
      this.#ids[section] = wantedOf(change).map((item) => String(item['id']));
  }

  #hasIds(source: string, section: Section): boolean {
    const value = readYaml(source).value as Record<string, unknown> | null;
    const given = value?.[section];
    const list = Array.isArray(given) ? given : (given as { faults?: unknown } | undefined)?.faults;
    return Array.isArray(list) && list.some((item) => Object.hasOwn((item ?? {}) as object, 'id'));
  }

  #plainProxy(spec: ProxySpec): Item {
    const bare = plain(spec);
    if (spec.tls === undefined) return bare;
    const tls: Record<string, unknown> = { ...(bare['tls'] as Item) };
    for (const key of ['ca', 'cert', 'key', 'keyLog']) {
      const file = tls[key];
      if (typeof file === 'string' && !file.includes('-----BEGIN')) tls[key] = this.#near(file);
    }
    return { ...bare, tls };
  }

  /** A path as it is written in the file: relative when it is in the same folder or below. */
  #near(path: string): string;
  #near(path: string | undefined): string | undefined;
  #near(path: string | undefined): string | undefined {
    if (path === undefined) return undefined;
    const way = relative(this.#folder, resolve(path));
    return way === '' || way.startsWith('..') || isAbsolute(way) ? resolve(path) : way.split(sep).join('/');
  }
}

const plain = (value: object): Item => JSON.parse(JSON.stringify(value)) as Item;
const isWritten = (source: string, section: Section): boolean =>
  Object.hasOwn((readYaml(source).value ?? {}) as object, section);

function without(item: Item, keys: readonly string[]): Item {
  return Object.fromEntries(Object.entries(item).filter(([key]) => !keys.includes(key)));
}

/** The items of a section, with actions of rules in their short form. */
function listOf(config: Config, section: ListSection): Item[] {
  const items: readonly object[] = (section === 'faults' ? config.faults?.faults : config[section]) ?? [];
  return items.map(shortened);
}
function wantedOf(change: ConfigChange & { section: ListSection }): Item[] {
  const items: readonly object[] = change.section === 'faults' ? change.plan.faults : itemsOf(change);
  return items.map(shortened);
}
function itemsOf(change: ConfigChange & { section: 'rules' | 'breakpoints' }): readonly object[] {
  return change.section === 'rules' ? change.rules : change.breakpoints;
}
function idsOf(config: Config, section: ListSection): string[] {
  return listOf(config, section).map((item) => String(item['id']));
}

function shortened(item: object): Item {
  const bare = plain(item);
  const { actions } = bare;
  if (!Array.isArray(actions)) return bare;
  const short = (actions as Item[]).map((action) => (Object.keys(action).length === 1 ? action['do'] : action));
  return { ...bare, actions: short };
}

function asWritten(section: ListSection, item: Item, withId: boolean): Item {
  const usual: Item = USUAL[section];
  const said = Object.entries(item).filter(([key, value]) => !(Object.hasOwn(usual, key) && same(usual[key], value)));
  return without(Object.fromEntries(said), withId ? [] : ['id']);
}
