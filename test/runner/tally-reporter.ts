import { writeFileSync } from 'node:fs';
import type { SerializedError } from 'vitest';
import type { Reporter, TestModule } from 'vitest/node';
import { tally, type TestOutcome } from './tally.ts';

/** A vitest reporter that writes the run's Tally as JSON to the file named by WHARFINGER_TALLY. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const file = process.env['WHARFINGER_TALLY'];
    if (!file) return;
    const problems = unhandled.map((error) => `unhandled error: ${error.message}`);
    const outcomes: TestOutcome[] = [];
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      if (tests.length === 0) problems.push(`${module.moduleId}: no test was loaded`);
      for (const suite of module.children.allSuites()) {
        problems.push(...suite.errors().map((error) => `${suite.fullName}: ${error.message}`));
      }
      outcomes.push(
        ...tests.map((test) => ({
          name: `${module.relativeModuleId} > ${test.fullName}`,
          state: test.result().state,
          expectedToFail: test.options.fails === true,
          message: test.result().errors?.[0]?.message,
        })),
      );
    }
    writeFileSync(file, JSON.stringify(tally(outcomes, problems)));
  }
}
