import { clusterIsRunning, preparePeers } from './support/machine.ts';
import { commandPhase, vitestPhase } from './runner/phases.ts';
import { suiteVariables } from './conformance/suite/suites.ts';
import { startCluster } from './runner/start-cluster.ts';
import { sum, type Tally } from './runner/tally.ts';

/**
 * `npm test`: every test, on a machine that has nothing but Node, npm and Go. The embedded Kubernetes is brought up by `npm start`
 * itself, which is so the first system test, and taken down again unless it was running before.
 */
async function main(): Promise<void> {
  process.env['WHARFINGER_TEST_BEGAN'] = new Date().toISOString();
  await preparePeers();
  const wasRunning = await clusterIsRunning();
  const tallies: Tally[] = [];
  for (const check of ['types', 'lint', 'format', 'dead']) {
    tallies.push(await commandPhase(`check ${check}`, ['npm', 'run', '--silent', `check:${check}`]));
  }
  tallies.push(await vitestPhase('unit'), await vitestPhase('processes'));
  const start = await startCluster();
  tallies.push(startTally(start.status));
  if (start.status === 0) {
    const { env } = start;
    tallies.push(await vitestPhase('system', env), await vitestPhase('audit', env), ...(await ociSuites()));
  }
  if (!wasRunning)
    tallies.push(await commandPhase('npm stop leaves nothing behind', ['node', 'test/runner/stop.ts']));
  report(sum(tallies));
}

/** The suites of the OCI cannot be had everywhere: their programs are given, or it is said that they did not run. */
async function ociSuites(): Promise<Tally[]> {
  const missing = suiteVariables.filter((name) => !process.env[name]);
  if (missing.length === 0) return [await vitestPhase('oci-suite')];
  process.stdout.write(`not run: the conformance suites of the OCI (${missing.join(', ')} not set)\n`);
  return [];
}

function startTally(status: number): Tally {
  if (status === 0) return { passed: 1, failed: 0, failures: [] };
  return { passed: 0, failed: 1, failures: [`npm start (exit status ${status}): no system test could run`] };
}

function report(total: Tally): void {
  for (const failure of total.failures) process.stdout.write(`FAILED: ${failure}\n`);
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
}

await main();
