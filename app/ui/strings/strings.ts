/**
 * Every word the user reads, in one place, so that other languages can follow: another object of the same shape. Sentences are
 * whole, never glued from pieces; what varies is a parameter.
 */
import { expertStrings, statisticsStrings } from './statistics-strings.ts';
import { composeStrings, faultStrings, holdStrings } from './control-strings.ts';
import { diffStrings } from './diff-strings.ts';
import { dialogStrings, firstRunStrings, proxyStrings } from './setup-strings.ts';
import { commandStrings } from './command-strings.ts';
import { fuzzStrings } from './fuzz-strings.ts';
import { replayStrings } from './replay-strings.ts';
import { inspectorStrings } from './inspector-strings.ts';
import { filterStrings, lanesStrings, shellStrings, stripStrings, timelineStrings } from './view-strings.ts';

const english = {
  shell: shellStrings,
  timeline: timelineStrings,
  filter: filterStrings,
  strip: stripStrings,
  lanes: lanesStrings,
  inspector: inspectorStrings,
  commands: commandStrings,
  holds: holdStrings,
  compose: composeStrings,
  faults: faultStrings,
  replay: replayStrings,
  diff: diffStrings,
  fuzz: fuzzStrings,
  statistics: statisticsStrings,
  expert: expertStrings,
  proxies: proxyStrings,
  firstRun: firstRunStrings,
  dialogs: dialogStrings,
};

export type Strings = typeof english;

export const t: Strings = english;
