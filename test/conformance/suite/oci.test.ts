import { describe, expect, it } from 'vitest';
import type { Transport } from '../../../registry-image/src/http/transport-client.ts';
import type { SuiteCheck } from './junit.ts';
import { runSuite } from './run-suite.ts';
import { skips } from './skips.ts';
import { type Suite, suites } from './suites.ts';

const transports: readonly Transport[] = ['http1', 'http1-tls', 'http2-tls'];

function programOf({ name, variable }: Suite): string {
  const program = process.env[variable];
  if (!program) throw new Error(`${variable} must name the program of the conformance suite ${name}`);
  return program;
}

/** Names of checks are not unique in a suite; the second one with a name is called so. */
function withOwnNames(checks: readonly SuiteCheck[]): [string, SuiteCheck][] {
  const times = new Map<string, number>();
  return checks.map((check) => {
    const time = (times.get(check.name) ?? 0) + 1;
    times.set(check.name, time);
    return [time === 1 ? check.name : `${check.name} (${time})`, check];
  });
}

for (const suite of suites) {
  for (const transport of transports) {
    const { announced, checks } = await runSuite(suite, programOf(suite), transport);
    const skipped = checks.filter(({ status }) => status === 'skipped');

    describe(`OCI conformance suite ${suite.name} over ${transport}`, () => {
      it.each(withOwnNames(checks.filter(({ status }) => status !== 'skipped')))('%s', (_name, check) => {
        expect(check).toMatchObject({ status: 'passed' });
      });

      it('is whole', () => {
        expect({ announced, checks: checks.length }).toEqual({
          announced: suite.announced,
          checks: suite.checks,
        });
      });

      it('skips what skips.ts lists and nothing else', () => {
        const listed = skips.filter((skip) => skip.suite === suite.name).map(({ check }) => check);
        expect(skipped.map(({ name }) => name).sort()).toEqual(listed.toSorted());
      });
    });
  }
}
