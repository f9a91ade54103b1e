import type { Config } from '../config/schema.ts';
import { type Check, fileCheck, httpCheck, tcpCheck } from './checks.ts';
import { startThresholdCheck, type ThresholdCheck } from './threshold-check.ts';

export interface HealthCheckOptions {
  readonly health: Config['health'];
  /** The storage's own check and the name of its driver. */
  readonly storage: { readonly name: string; readonly check: Check };
  /** A check began to fail, passes again, or fails for another reason. */
  readonly onChange: () => void;
}

export interface HealthChecks {
  /** Reasons of the checks that fail, by the names that distribution gives them. */
  problems(): Record<string, string>;
  stop(): void;
}

/** distribution's interval (ms) in place of 0; without a threshold one failure is enough there too. */
const defaultInterval = 10_000;
const defaultThreshold = 1;

/** Starts every check of the section `health`. */
export function startHealthChecks(options: HealthCheckOptions): HealthChecks {
  const { health, storage, onChange } = options;
  const running = new Map<string, ThresholdCheck>();

  function start(name: string, check: Check, times: { interval: number; threshold: number }): void {
    const checked = startThresholdCheck({
      check,
      interval: times.interval || defaultInterval,
      threshold: times.threshold || defaultThreshold,
      onChange,
    });
    running.set(unusedName(running, name), checked);
  }

  if (health.storagedriver.enabled) {
    start(`storagedriver_${storage.name}`, storage.check, health.storagedriver);
  }
  for (const file of health.file) start(file.file, fileCheck(file.file), file);
  for (const http of health.http) start(http.uri, httpCheck(http), http);
  for (const tcp of health.tcp) start(tcp.addr, tcpCheck(tcp), tcp);

  return {
    problems: () =>
      Object.fromEntries(
        [...running].map(([name, { problem }]) => [name, problem]).filter(([, problem]) => problem !== ''),
      ),
    stop() {
      for (const check of running.values()) check.stop();
    },
  };
}

/** The same thing may be checked twice, with other headers or times. */
function unusedName(used: ReadonlyMap<string, unknown>, name: string): string {
  if (!used.has(name)) return name;
  for (let number = 2; ; number++) if (!used.has(`${name} (${number})`)) return `${name} (${number})`;
}
