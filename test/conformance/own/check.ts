import type { Registry } from './registry.ts';
import type { SetupName } from './setups.ts';

/** A test that shows something which the registry must do; it runs over every transport. */
export interface Check {
  readonly title: string;
  /** What it shows: ids of requirements, rows (B6), error codes (error:BLOB_UNKNOWN). */
  readonly shows: readonly string[];
  readonly setup?: SetupName;
  /** Throws when the registry does otherwise. */
  run(registry: Registry): Promise<void>;
}
