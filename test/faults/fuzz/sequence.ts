import * as fc from 'fast-check';
import { intent } from './intents.ts';
import { spoil } from './spoils.ts';
import type { Move } from './step.ts';

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 200, arbitrary: fc.record({ move: fc.constant('request'), step: fc.record({ intent, spoil }) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      move: fc.constant('pipeline'),
      intents: fc.array(intent, { minLength: 2, maxLength: 8 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      move: fc.constant('garbage'),
      bytes: fc.uint8Array({ maxLength: 300 }),
      preface: fc.constantFrom('none', 'request', 'http2'),
    }),
  },
);

/** A sequence of moves on one kind of connection; `number` chooses the kind among those there are. */
export const sequence: fc.Arbitrary<{ readonly lane: number; readonly moves: readonly Move[] }> = fc.record({
  lane: fc.nat(11),
  moves: fc.array(move, { minLength: 5, maxLength: 70, size: 'max' }),
});
