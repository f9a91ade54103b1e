import type { Check } from '../check.ts';
import { access } from './access.ts';
import { base } from './base.ts';
import { chunks } from './chunks.ts';
import { discovery } from './discovery.ts';
import { management } from './management.ts';
import { manifests } from './manifests.ts';
import { pull } from './pull.ts';
import { referrers } from './referrers.ts';
import { schema1 } from './schema1.ts';
import { uploads } from './uploads.ts';

/** Every check, in the order of the specification, then what goes beyond it. */
export const checks: readonly Check[] = [
  ...base,
  ...pull,
  ...uploads,
  ...chunks,
  ...manifests,
  ...referrers,
  ...discovery,
  ...management,
  ...access,
  ...schema1,
];
