/** How a set of tests ended. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** One line for each failure, for the summary at the end. */
  readonly failures: readonly string[];
}

/** What the tally needs to know of one test. */
export interface TestOutcome {
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending';
  readonly expectedToFail: boolean;
  /** What was wrong. */
  readonly message?: string;
}

/** Counts outcomes. A test that did not run, or passes only because it was declared to fail, is a failure. */
export function tally(outcomes: readonly TestOutcome[], problems: readonly string[]): Tally {
  const failures = [...problems];
  let passed = 0;
  for (const outcome of outcomes) {
    if (outcome.state === 'passed' && !outcome.expectedToFail) passed += 1;
    else failures.push(describe(outcome));
  }
  return { passed, failed: failures.length, failures };
}

/** Characters of a message that are enough to know what to look for. */
const longestMessage = 300;

function describe({ name, state, expectedToFail, message }: TestOutcome): string {
  const line = `${name} (${expectedToFail ? 'expected to fail' : state})`;
  return message === undefined
    ? line
    : `${line}: ${message.replaceAll(/\s+/g, ' ').slice(0, longestMessage)}`;
}

/** Adds tallies up. */
export function sum(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((total, one) => total + one.passed, 0),
    failed: tallies.reduce((total, one) => total + one.failed, 0),
    failures: tallies.flatMap((one) => one.failures),
  };
}
