/**
 * One of the worlds' own players as a client to be fuzzed: `visiting-client.ts fco login=URL play=URL chat=URL [crash]`. It ends
 * in peace when the server breaks the protocol. With the bug `crash` (fco) it writes the numbers of the character sheet unchecked.
 */
import { C } from '../../../../fixtures/fco/commands.ts';
import { ProtocolBreach } from '../../../../fixtures/fco/game-client.ts';
import { ProtocolBreach as EnetBreach } from '../../../../fixtures/mana/line.ts';
import { visitFco, visitMana } from '../../../io/testing/visits.ts';

const [world = '', ...words] = process.argv.slice(2);
const endpoints = Object.fromEntries(words.map((word) => word.split('=') as [string, string]));
const hasBug = words.includes('crash');
/** On the character sheet. */
const SHOWN = ['str', 'vit', 'intelligence', 'mnd', 'dex', 'agi'];

async function visit(): Promise<void> {
  if (world === 'mana') return visitMana(endpoints);
  return visitFco(endpoints, 'mina', (message) => {
    if (message.command === C.parameters && hasBug) for (const key of SHOWN) (message[key] as number).toFixed(1);
  });
}

try {
  await visit();
} catch (error) {
  if (!(error instanceof ProtocolBreach || error instanceof EnetBreach)) throw error;
  process.stdout.write('the server breaks the protocol\n');
}
// Whatever is still open.
process.exit(0);
