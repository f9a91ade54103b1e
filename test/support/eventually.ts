import { setTimeout as sleep } from 'node:timers/promises';

/** Repeats `attempt` until it neither throws nor answers undefined or false, at most for `timeoutMs`; then throws the last problem. */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T | undefined | false>,
  { timeoutMs = 30_000, everyMs = 200 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let problem: unknown = 'it never held';
  while (Date.now() < deadline) {
    try {
      const result = await attempt();
      if (result !== undefined && result !== false) return result;
    } catch (error) {
      problem = error;
    }
    await sleep(everyMs);
  }
  throw new Error(`${what}: not within ${timeoutMs} ms: ${String(problem)}`);
}
