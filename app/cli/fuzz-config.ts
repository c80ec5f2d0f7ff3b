import type { CampaignConfig } from '../../core/engine/fuzz/folder.ts';
import type { Invocation } from './command.ts';

/** The invocation as if the options of the campaign had been given again. */
export function withConfig(invocation: Invocation, config: CampaignConfig): Invocation {
  const known: Readonly<Record<string, readonly string[]>> = {
    as: config.as === undefined ? [] : [config.as],
    option: config.options,
    'protocol-file': config.protocolFiles,
    filter: config.filter === undefined ? [] : [config.filter],
  };
  const texts = (name: string): readonly string[] => known[name] ?? invocation.texts(name);
  return { ...invocation, texts, text: (name) => texts(name).at(-1) };
}
