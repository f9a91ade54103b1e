import { type Problem, stalled, waiting } from './problem.ts';
import type { StorageFacts } from './storage-survey.ts';

/** A replica that has just started is found by the others within a second. */
const provingMs = 10_000;

/** What the replicas tell of their storage that keeps the Registry from being ready. */
export function storageProblems({ hindrance, apart }: StorageFacts): Problem[] {
  const problems: Problem[] = [];
  if (hindrance !== undefined)
    problems.push({
      ...stalled('StorageNotUsable', `the storage cannot be used: ${hindrance}`),
      about: 'storage',
    });
  if (apart !== undefined) problems.push({ ...strangers(apart), about: 'storage' });
  return problems;
}

function strangers({ pods: [one, other], forMs }: NonNullable<StorageFacts['apart']>): Problem {
  const found = `pod ${one} does not find pod ${other} on the storage`;
  if (forMs < provingMs) return waiting('ProvingStorage', `${found} yet`);
  return stalled(
    'StoresApart',
    `${found}, so an image that one takes is unknown to the other; use a claim that all nodes mount as one (ReadWriteMany), or set replicas to 1`,
  );
}
