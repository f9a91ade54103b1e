import { expect, it } from 'vitest';
import type { DaemonSet } from '../kube/builtin-kinds.ts';
import { isDone, nodeFacts } from './node-facts.ts';

function daemonSet(status: object | undefined, generation = 2): DaemonSet {
  return { metadata: { name: 'team', generation }, ...(status ? { status } : {}) } as DaemonSet;
}

it.each([
  ['nobody has counted the nodes yet', undefined],
  ['the counts are those of a former text', { observedGeneration: 1, desiredNumberScheduled: 0 }],
  [
    'the ready pods are of a former text',
    { observedGeneration: 2, desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberReady: 2 },
  ],
  [
    'a pod is not ready',
    { observedGeneration: 2, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberReady: 1 },
  ],
])('is not done while %s', (_what, status) => {
  expect(isDone(nodeFacts(daemonSet(status), []))).toBe(false);
});

it.each([0, 3])('is done when each of %i nodes has a ready pod of this text', (nodes) => {
  const counts = { desiredNumberScheduled: nodes, updatedNumberScheduled: nodes, numberReady: nodes };
  expect(isDone(nodeFacts(daemonSet({ observedGeneration: 2, ...counts }), []))).toBe(true);
});
