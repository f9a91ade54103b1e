import * as fc from 'fast-check';
import { type Image, images, repositories, tags } from './images.ts';
import type { Hang } from './hang.ts';
import type { PushWay } from './client.ts';
import type { PastImage } from './past.ts';

/** What happens in a schedule; in which order, its seed decides. */
export interface Scenario {
  readonly seed: number;
  /** Milliseconds that a step takes. */
  readonly tick: number;
  readonly stickiness: number;
  /** The probability, at each step, that a write has waited for too long. */
  readonly impatience: number;
  /** Milliseconds by which the clocks are ahead: of both replicas, and of the storage. */
  readonly clocks: readonly [number, number, number];
  readonly minAge: number;
  readonly past: readonly PastImage[];
  /** Each client does one thing after the other. */
  readonly clients: readonly (readonly Action[])[];
  readonly runs: readonly CollectionRun[];
  /** A last run comes when all is done, in which nothing goes wrong. */
  readonly endsWithRun: boolean;
  readonly crashes: readonly Crash[];
  /** Only while leases last: nothing else keeps what a commit has brought that goes on after the second mark. */
  readonly hang: Hang | undefined;
}

export type Action =
  | {
      readonly kind: 'push';
      readonly repository: string;
      readonly image: Image;
      readonly tag: string | undefined;
      readonly way: PushWay;
      /** How often the tag is pulled by whoever pushed it. */
      readonly pulls: number;
    }
  /** Sets a tag to what is there, whatever that is by then. */
  | { readonly kind: 'retag'; readonly repository: string; readonly image: Image; readonly tag: string }
  | { readonly kind: 'untag'; readonly repository: string; readonly tag: string }
  | { readonly kind: 'delete'; readonly repository: string; readonly image: Image }
  | { readonly kind: 'pull'; readonly repository: string; readonly tag: string };

export interface CollectionRun {
  /** `whole`: marked and swept inside the window. */
  readonly kind: 'staged' | 'whole';
  readonly deleteUntagged: boolean;
  /** Turns before it begins, and between its mark and its window. */
  readonly delay: number;
  readonly pause: number;
  /** Moves of one window; the last window has no limit. */
  readonly budget: number;
  readonly collector: 0 | 1;
  readonly confirmer: 0 | 1;
  /** Turns that each move of a sweep takes. */
  readonly slowness: number;
  /** Turns of the sweep after which a replica opens its gate, though it may not. */
  readonly early: { readonly replica: 0 | 1 | 'both'; readonly after: number } | undefined;
  /**
   * Turns after which the collector is killed: in the mark, in a sweep or in the second mark. Its last operations may take effect after
   * that, where the storage hangs.
   */
  readonly kill:
    | { readonly during: 'mark' | 'sweep' | 'confirm'; readonly after: number; readonly lingers: boolean }
    | undefined;
  /** A file of the journal cannot be read in the windows. */
  readonly spoilsJournal: boolean;
}

export interface Crash {
  readonly replica: 0 | 1;
  /** Turns after the beginning. */
  readonly after: number;
}

/** Whether a lease lasts so many milliseconds, by whoever's clock. */
export function leasesLast({ clocks, minAge }: Scenario, milliseconds: number): boolean {
  return Math.max(...clocks) - Math.min(...clocks) + milliseconds < minAge;
}

const minute = 60_000;
const hour = 60 * minute;
const replica = fc.constantFrom(0 as const, 1 as const);
const repository = fc.constantFrom(...repositories);
const image = fc.constantFrom(...images);
const tag = fc.constantFrom(...tags);

/** Something in one of so many cases. */
function rarely<T>(arbitrary: fc.Arbitrary<T>, cases: number): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: cases - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

const past: fc.Arbitrary<PastImage[]> = fc.uniqueArray(
  fc.record({
    repository,
    image,
    fate: fc.oneof(
      fc.constant('untagged' as const),
      fc.constant('deleted' as const),
      tag.map((name) => ({ tag: name })),
    ),
    age: fc.constantFrom(48 * hour, 48 * hour, 30 * minute, 0),
  }),
  {
    minLength: 1,
    maxLength: 4,
    selector: (each) =>
      `${each.repository} ${typeof each.fate === 'string' ? each.image.name : each.fate.tag}`,
  },
);

const way = fc.record({
  ask: fc.constantFrom('blobs' as const, 'blobs' as const, 'manifest' as const, 'nothing' as const),
  mountFrom: fc.option(repository, { nil: undefined, freq: 2 }),
});

/** What clients do among these. */
function actionsOn(given: {
  repository: fc.Arbitrary<string>;
  image: fc.Arbitrary<Image>;
  tag: fc.Arbitrary<string>;
}): fc.Arbitrary<Action[][]> {
  const { repository, image, tag } = given;
  const push = fc.record({
    kind: fc.constant('push' as const),
    repository,
    image,
    tag: fc.option(tag, { nil: undefined, freq: 3 }),
    way,
    pulls: fc.constantFrom(0, 0, 1, 2),
  });
  const action: fc.Arbitrary<Action> = fc.oneof(
    { weight: 6, arbitrary: push },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('retag' as const), ...given }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('untag' as const), repository, tag }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), repository, image }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('pull' as const), repository, tag }) },
  );
  return fc.array(fc.array(action, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 });
}

/** Many things, or a few that everybody wants at once. */
const clients = fc.oneof(
  { weight: 2, arbitrary: actionsOn({ repository, image, tag }) },
  {
    weight: 1,
    arbitrary: actionsOn({
      repository: fc.constant(repositories[0]),
      image: fc.constantFrom(...images.slice(0, 2)),
      tag: fc.constant(tags[0]),
    }),
  },
);

const run: fc.Arbitrary<CollectionRun> = fc.record({
  kind: fc.constantFrom('staged' as const, 'staged' as const, 'staged' as const, 'whole' as const),
  deleteUntagged: fc.constantFrom(true, true, false),
  delay: fc.integer({ min: 0, max: 40 }),
  pause: fc.integer({ min: 0, max: 20 }),
  budget: fc.integer({ min: 1, max: 20 }),
  collector: replica,
  confirmer: replica,
  slowness: fc.constantFrom(0, 0, 4, 12),
  early: rarely(
    fc.record({
      replica: fc.constantFrom(0 as const, 1 as const, 'both' as const),
      after: fc.integer({ min: 0, max: 12 }),
    }),
    2,
  ),
  kill: rarely(
    fc.record({
      during: fc.constantFrom('mark' as const, 'sweep' as const, 'sweep' as const, 'confirm' as const),
      after: fc.integer({ min: 0, max: 60 }),
      lingers: fc.boolean(),
    }),
    6,
  ),
  spoilsJournal: fc.integer({ min: 0, max: 20 }).map((number) => number === 20),
});

const skew = fc.constantFrom(0, 0, 0, 0, 5_000, -90_000, 3 * hour, -3 * hour);

const hang = fc.record({
  kind: fc.constantFrom(
    'blobData' as const,
    'layerLink' as const,
    'revisionLink' as const,
    'tagCurrentLink' as const,
  ),
  until: fc.constantFrom('swept' as const, 'judged' as const, 'judged' as const, 'over' as const),
});

const common = {
  seed: fc.noShrink(fc.integer({ min: 0, max: 0xff_ff_ff_ff })),
  tick: fc.constantFrom(1, 20, 200),
  stickiness: fc.constantFrom(0, 0.5, 0.8, 0.95),
  impatience: fc.constantFrom(0, 0, 0, 0.02),
  clocks: fc.oneof(
    { weight: 2, arbitrary: fc.constant([0, 0, 0] as const) },
    { weight: 1, arbitrary: fc.tuple(skew, skew, skew) },
  ),
  minAge: fc.constantFrom(0, 10 * minute, 24 * hour),
  endsWithRun: fc.constantFrom(true, false, false),
  crashes: fc.array(fc.record({ replica, after: fc.integer({ min: 0, max: 300 }) }), { maxLength: 1 }),
};

const anything = fc.record({
  ...common,
  past,
  clients,
  runs: fc.oneof({ weight: 3, arbitrary: fc.tuple(run) }, { weight: 1, arbitrary: fc.tuple(run, run) }),
  hang: rarely(hang, 2),
});

/** What a sweep takes is pushed again meanwhile, into a window that is over for a replica, and nobody notes which pushes those were: the sweep is killed. */
const cutOff = fc.record({
  ...common,
  // Leases would keep what those pushes are about.
  minAge: fc.constantFrom(0, 0, 10 * minute),
  past: fc.tuple(
    fc.record({
      repository: fc.constant(repositories[0]),
      image: fc.constantFrom(...images.slice(0, 2)),
      fate: fc.constantFrom('untagged' as const, 'deleted' as const),
      age: fc.constant(48 * hour),
    }),
  ),
  clients: fc.array(
    fc.array(
      fc.record({
        kind: fc.constant('push' as const),
        repository: fc.constant(repositories[0]),
        image: fc.constantFrom(...images.slice(0, 2)),
        tag: fc.constant(tags[0]),
        way: fc.record({
          ask: fc.constantFrom('blobs' as const, 'nothing' as const, 'nothing' as const),
          mountFrom: fc.constant(undefined),
        }),
        pulls: fc.constantFrom(0, 1),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    { minLength: 1, maxLength: 3 },
  ),
  runs: fc.tuple(
    fc.record({
      kind: fc.constantFrom('staged' as const, 'whole' as const),
      deleteUntagged: fc.constant(true),
      delay: fc.integer({ min: 0, max: 20 }),
      pause: fc.integer({ min: 0, max: 20 }),
      budget: fc.integer({ min: 1, max: 20 }),
      collector: replica,
      confirmer: replica,
      slowness: fc.constantFrom(4, 12, 24),
      early: fc.record({
        replica: fc.constantFrom(0 as const, 1 as const, 'both' as const),
        after: fc.integer({ min: 0, max: 12 }),
      }),
      kill: fc.record({
        during: fc.constant('sweep' as const),
        after: fc.integer({ min: 0, max: 120 }),
        lingers: fc.boolean(),
      }),
      spoilsJournal: fc.boolean(),
    }),
  ),
  hang,
});

export const scenarios: fc.Arbitrary<Scenario> = fc.oneof(
  { weight: 2, arbitrary: anything },
  { weight: 1, arbitrary: cutOff },
);
