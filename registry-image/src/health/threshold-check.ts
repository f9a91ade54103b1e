export interface ThresholdCheckOptions {
  /** Resolves when all is well; rejects with what is wrong. */
  readonly check: () => Promise<unknown>;
  /** Milliseconds between two checks, and the time one may take. */
  readonly interval: number;
  /** Failures in a row from which on there is a problem. */
  readonly threshold: number;
  /** The problem came, went, or has another reason. */
  readonly onChange?: () => void;
}

export interface ThresholdCheck {
  /** What is wrong, '' while there were fewer failures in a row than the threshold. */
  readonly problem: string;
  stop(): void;
}

/** Checks at once and then at an interval, until it is stopped. */
export function startThresholdCheck(options: ThresholdCheckOptions): ThresholdCheck {
  const { check, interval, threshold, onChange } = options;
  let failures = 0;
  let problem = '';
  let running = false;
  /** The check under way has failed already, by taking too long. */
  let overdue = false;

  function set(next: string): void {
    if (next === problem) return;
    problem = next;
    onChange?.();
  }

  function failed(reason: string): void {
    failures++;
    if (failures >= threshold) set(reason);
  }

  async function look(): Promise<void> {
    if (running) {
      overdue = true;
      return failed(`no answer within ${interval} ms`);
    }
    running = true;
    overdue = false;
    try {
      await check();
      failures = 0;
      set('');
    } catch (error) {
      if (!overdue) failed(error instanceof Error ? error.message : String(error));
    }
    running = false;
  }

  const timer = setInterval(() => void look(), interval);
  timer.unref();
  void look();
  return {
    get problem() {
      return problem;
    },
    stop: () => clearInterval(timer),
  };
}
