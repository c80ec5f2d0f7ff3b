/**
 * The conformance kit: what every protocol must hold, checked without a line of code in its dissector. `checksOf` gives named
 * checks; each throws an Error that lists what failed. Pure, so it runs in tests, in the CLI and in the UI alike.
 */
import { damaged, truncated } from './conformance-broken.ts';
import { declarations, examplesForAll, recognised } from './conformance-declarations.ts';
import { ranges, summaries } from './conformance-frames.ts';
import { golden, reencoded, unchangedEdit } from './conformance-goldens.ts';
import { type ConformanceOptions, dissected, Failures, goldensOf } from './conformance-ground.ts';
import { blanks, forms, mutated } from './conformance-writing.ts';
import type { Protocol } from './protocol.ts';

export type { ConformanceOptions } from './conformance-ground.ts';

export interface Check {
  /** A sentence about behaviour. */
  readonly name: string;
  /** @throws Error listing what failed. */
  run(): void;
}

export function checksOf(protocol: Protocol, options: ConformanceOptions = {}): readonly Check[] {
  const goldens = goldensOf(protocol);
  const check = (name: string, run: (failures: Failures) => void): Check => ({
    name,
    run: () => {
      const failures = new Failures();
      run(failures);
      failures.end();
    },
  });
  return [
    check('what it declares fits together', (failures) => declarations(protocol, failures)),
    check('every message has an example', (failures) => examplesForAll(protocol, failures)),
    check('golden bytes decode to the stored message and value', (failures) => golden(protocol, goldens, failures)),
    check('golden bytes are re-encoded identically, or say why not', (failures) =>
      reencoded(protocol, goldens, failures),
    ),
    check('editing one value and back restores the bytes', (failures) => unchangedEdit(protocol, goldens, failures)),
    check('ranges nest, are ordered and cover what was read', (failures) => {
      for (const one of goldens) ranges(one.example.name, dissected(protocol, one), one.bytes, failures);
    }),
    check('truncation at every offset keeps the fields before and throws nothing', (failures) =>
      truncated(protocol, goldens, failures, options),
    ),
    check('random and damaged bytes throw nothing and stay within budget', (failures) =>
      damaged(protocol, goldens, failures, options),
    ),
    check('every mutant is repeatable and differs from its seed', (failures) => mutated(protocol, goldens, failures)),
    check('form to value to bytes gives the bytes', (failures) => forms(protocol, goldens, failures)),
    check('every message can be composed from blank', (failures) => blanks(protocol, failures)),
    check('summaries are one line', (failures) => {
      for (const one of goldens)
        summaries(protocol, one.example.name, dissected(protocol, one), one.example.direction, failures);
    }),
    check('it recognises its own examples first', (failures) =>
      recognised(protocol, options.among ?? [protocol], failures),
    ),
  ];
}
