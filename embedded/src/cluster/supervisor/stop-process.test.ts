import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { identify, isAlive } from './process-identity.ts';
import { stopProcess } from './stop-process.ts';

describe('stopProcess', () => {
  it('ends a process that ignores SIGTERM', async () => {
    const child = spawn('sh', ['-c', "trap '' TERM; echo ready; while :; do sleep 1; done"]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const identity = identify(child.pid!)!;
    await stopProcess(identity, 100);
    expect(isAlive(identity)).toBe(false);
  });

  it('leaves a later process with the same number alone', async () => {
    const child = spawn('sleep', ['60']);
    const identity = identify(child.pid!)!;
    await stopProcess({ ...identity, startTime: identity.startTime - 1 }, 100);
    expect(isAlive(identity)).toBe(true);
    await stopProcess(identity, 0);
  });
});
