import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Transport } from '../../../registry-image/src/http/transport-client.ts';
import { errorCodes } from '../../../registry-image/src/registry/error-codes.ts';
import { expectCommonRules } from './common-rules.ts';
import type { Check } from './check.ts';
import { checks } from './checks/index.ts';
import { createPool } from './pool.ts';
import type { Registry } from './registry.ts';
import { setupNames, type SetupName } from './setups.ts';

/** Longest time of one check: the first of a setup starts a registry. */
const checkTimeoutMs = 90_000;

/** Registers every check as a test over `transport`. */
export function runChecks(transport: Transport): void {
  const pool = createPool(transport);
  afterEach(() => pool.closeClients());
  afterAll(() => pool.stop());

  for (const setup of setupNames.filter((name) => checks.some((check) => setupFor(check) === name))) {
    describe(`${transport}: ${setup}`, () => {
      afterAll(() => pool.release(setup));
      for (const check of checks.filter((one) => setupFor(one) === setup)) {
        it(`${check.title} [${check.shows.join(' ')}]`, { timeout: checkTimeoutMs }, async () => {
          const registry = await pool.connect(setup);
          await check.run(registry);
          expectCommonRules(registry.answers);
          expectShownErrors(registry, check.shows);
        });
      }
    });
  }
}

function setupFor({ setup }: Check): SetupName {
  return setup ?? 'standard';
}

/** A check that says it shows an error code must have got it, with the status that the table of errors gives it. */
function expectShownErrors({ seen }: Registry, shows: readonly string[]): void {
  for (const name of shows.filter((one) => one.startsWith('error:'))) {
    const code = name.slice('error:'.length);
    const status = Object.entries(errorCodes).find(([known]) => known === code)?.[1].status;
    expect([...seen]).toContain(`${code} ${status}`);
  }
}
