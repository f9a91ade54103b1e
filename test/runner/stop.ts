import { readFile } from 'node:fs/promises';
import { execute } from '../support/command.ts';
import { stateDirectory } from '../support/machine.ts';

/** Runs `npm stop` and fails unless nothing of the embedded cluster is left running, mounted or linked. */
async function main(): Promise<void> {
  const stopped = await execute(['node', 'embedded/src/start/stop.ts'], { timeoutMs: 180_000 });
  process.stderr.write(stopped.stderr);
  const left: string[] = stopped.status === 0 ? [] : [`npm stop exited with ${stopped.status}`];
  const mounts = (await readFile('/proc/mounts', 'utf8'))
    .split('\n')
    .filter((line) => line.includes(stateDirectory));
  left.push(...mounts.map((line) => `still mounted: ${line}`));
  const processes = await execute(['ps', '-eo', 'pid,args']);
  const mine = processes.stdout.split('\n').filter((line) => line.includes(stateDirectory));
  left.push(...mine.map((line) => `still running: ${line}`));
  const links = await execute(['ip', '-o', 'link']);
  left.push(...links.stdout.split('\n').filter((line) => /wharfinger0/.test(line)));
  for (const line of left) process.stderr.write(`${line}\n`);
  process.exitCode = left.length === 0 ? 0 : 1;
}

await main();
