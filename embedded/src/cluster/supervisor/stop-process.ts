import { WaitTimeout, waitFor } from '../../process/wait.ts';
import { isAlive } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

/**
 * Ends the very process of `identity`: asks it with SIGTERM, and after `graceMs` milliseconds with SIGKILL (at once when 0).
 * Returns when it is gone. Throws WaitTimeout when the kernel does not end it within 10 s.
 */
export async function stopProcess(identity: ProcessIdentity, graceMs: number): Promise<void> {
  const gone = (): boolean => !isAlive(identity);
  const what = `the end of process ${identity.pid}`;
  if (graceMs > 0) {
    send(identity, 'SIGTERM');
    try {
      await waitFor(gone, { what, timeoutMs: graceMs, intervalMs: 20 });
      return;
    } catch (error) {
      if (!(error instanceof WaitTimeout)) throw error;
    }
  }
  send(identity, 'SIGKILL');
  await waitFor(gone, { what, timeoutMs: 10_000, intervalMs: 10 });
}

function send(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
