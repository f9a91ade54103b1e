/** What kind of value a key takes; fields.ts makes them. */
export type ValueKind = 'text' | 'url' | 'flag' | 'integer' | 'duration' | 'choice' | 'anything';

/** At most one key of `keys` may be there; `section: KEY` is short for `section: {KEY: {}}`. */
export interface Exclusive {
  /** What the keys are, as errors call them. */
  readonly noun: string;
  readonly keys: readonly string[];
  /** The one that holds when none is given. */
  readonly fallback?: string;
}

/**
 * The key `of` takes what one of `schemas` (of zod) says, the one named like the value of the key `by`; for other values
 * it takes what it says itself.
 */
export interface Variants {
  readonly by: string;
  readonly of: string;
  readonly schemas: Readonly<Record<string, unknown>>;
}

/** What a schema says of its key beside the description, by `.meta()`. */
export interface KeyMeta {
  kind?: ValueKind;
  /** The words of a choice. */
  words?: readonly string[];
  /** Those of `words` that this registry does not have yet. */
  plannedWords?: readonly string[];
  minimum?: number;
  /** The upper-case name of distribution's Go field where it differs from the key: variables may use either. */
  variable?: string;
  /** Never printed. */
  secret?: boolean;
  /** Known and checked, but not there yet in this registry. */
  planned?: boolean;
  /** The key to use instead of this older one. */
  replacement?: string;
  /** What holds when the key is absent, where no default of zod says it. */
  fallback?: string;
  /** A right value, where most texts are none. */
  example?: string;
  /** The path of the section that has the same keys. */
  sameAs?: string;
  exclusive?: Exclusive;
  variants?: Variants;
}

declare module 'zod' {
  // oxlint-disable-next-line typescript/no-empty-object-type -- merging is how zod takes the type of its metadata
  interface GlobalMeta extends KeyMeta {}
}
