import { existsSync } from 'node:fs';
import type { Progress } from '../progress.ts';
import { run } from '../process/run.ts';
import { MachineProblem } from './machine-problem.ts';
import { missingPackages, neededPackages } from './packages.ts';
import type { NeededPackage } from './packages.ts';

/** Seconds that apt-get waits for another package installation to end. */
const lockTimeoutSeconds = 300;

/** Installs those Debian packages that are missing, in one go. Throws MachineProblem when that does not work. */
export async function installMissingPackages(
  progress: Progress,
  packages: readonly NeededPackage[] = neededPackages,
): Promise<void> {
  const missing = missingPackages(packages, existsSync);
  if (missing.length === 0) return;
  const list = missing.join(' ');
  if (!existsSync('/usr/bin/apt-get')) {
    throw new MachineProblem(
      `This machine has no apt-get, and these Debian packages are missing: ${list}.`,
      'Install what they provide by hand, or use a machine with Debian 12.',
    );
  }
  progress.step(`installing Debian packages: ${list}`);
  await aptGet(['update'], list);
  await aptGet(['install', '--yes', '--no-install-recommends', ...missing], list);
  const still = missingPackages(packages, existsSync).join(' ');
  if (still === '') return;
  throw new MachineProblem(
    `apt-get installed ${list}, but ${still} is still not usable.`,
    `Reinstall ${still}.`,
  );
}

async function aptGet(args: readonly string[], wanted: string): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = ['-q', '-o', `DPkg::Lock::Timeout=${lockTimeoutSeconds}`];
  try {
    await run('apt-get', [...options, ...args], { timeoutMs: 900_000, env });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new MachineProblem(
      `These Debian packages are missing and cannot be installed: ${wanted}.`,
      `Make \`apt-get install ${wanted}\` work, then try again. It said:\n${detail}`,
    );
  }
}
