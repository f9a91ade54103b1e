export interface ThresholdCheckOptions {
  /** Resolves when all is well; rejects with what is wrong. */
  readonly check: () => Promise<unknown>;
  /** Milliseconds between two checks, and the time one may take. */
  readonly interval: number;
  /** Failures in a row from which on there is a problem. */
  readonly threshold: number;
}

export interface ThresholdCheck {
  /** What is wrong, '' while there were fewer failures in a row than the threshold. */
  readonly problem: string;
}

/** Checks at an interval for as long as the process lives. */
export function startThresholdCheck(options: ThresholdCheckOptions): ThresholdCheck {
  const { check, interval, threshold } = options;
  let failures = 0;
  let problem = '';
  let running = false;

  function failed(reason: string): void {
    failures++;
    if (failures >= threshold) problem = reason;
  }

  async function look(): Promise<void> {
    if (running) return failed(`no answer within ${interval} ms`);
    running = true;
    try {
      await check();
      failures = 0;
      problem = '';
    } catch (error) {
      failed(error instanceof Error ? error.message : String(error));
    }
    running = false;
  }

  setInterval(() => void look(), interval).unref();
  return {
    get problem() {
      return problem;
    },
  };
}
