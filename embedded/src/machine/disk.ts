import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { MachineProblem } from './machine-problem.ts';

const gibibyte = 1024 ** 3;

/** Throws MachineProblem unless the file system of `directory` (which need not exist yet) has `neededBytes` free. */
export function requireDiskSpace(directory: string, neededBytes: number): void {
  const { bavail, bsize } = statfsSync(nearestExisting(directory));
  const free = bavail * bsize;
  if (free >= neededBytes) return;
  throw new MachineProblem(
    `${directory} has ${(free / gibibyte).toFixed(1)} GiB free; ${neededBytes / gibibyte} GiB are needed.`,
    'Free some space there, or mount a larger disk on it.',
  );
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}
