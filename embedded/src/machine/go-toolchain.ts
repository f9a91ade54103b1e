import { run } from '../process/run.ts';
import { MachineProblem } from './machine-problem.ts';

/** The oldest Go release that builds the embedded cluster, as [major, minor]. */
const oldestGo: readonly [number, number] = [1, 26];

/** Major and minor of a version as Go prints it (`go1.26.8`), or undefined for anything else. */
export function parseGoVersion(text: string): [number, number] | undefined {
  const match = /^go(\d+)\.(\d+)/.exec(text.trim());
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

/** Whether a version as Go prints it is recent enough. */
export function goIsRecent(text: string): boolean {
  const version = parseGoVersion(text);
  if (!version) return text.startsWith('devel');
  return version[0] > oldestGo[0] || (version[0] === oldestGo[0] && version[1] >= oldestGo[1]);
}

/** Throws MachineProblem unless a recent enough Go is on the PATH. `moduleDirectory` holds the go.mod to build. */
export async function requireGo(moduleDirectory: string): Promise<void> {
  const fix = `Install Go ${oldestGo.join('.')} or newer and put it on the PATH.`;
  let version: string;
  try {
    version = await run('go', ['env', 'GOVERSION'], { timeoutMs: 120_000, cwd: moduleDirectory });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new MachineProblem(`Go is needed to build the embedded Kubernetes: ${detail}.`, fix);
  }
  if (!goIsRecent(version))
    throw new MachineProblem(`${version.trim()} is too old to build Kubernetes.`, fix);
}
