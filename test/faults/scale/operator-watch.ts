import { eventually } from '../../support/eventually.ts';
import { at, get, kubectl, list } from '../../support/kubernetes.ts';
import { operatorNamespace } from '../../support/operator-process.ts';
import { processesOfPod } from '../../support/processes.ts';
import { workingSetOf } from '../../support/working-set.ts';

/** Looks at the memory of the operator that leads, now and then. */
export interface OperatorWatch {
  /** Bytes: the most that was seen since the last call. */
  most(): Promise<number>;
  stop(): void;
}

const everyMs = 1000;

export async function watchOperator(): Promise<OperatorWatch> {
  const { uid, restarts } = await leadingPod();
  let most = 0;
  const look = async (): Promise<void> => {
    const processes = await processesOfPod(uid);
    if (processes.length > 0) most = Math.max(most, workingSetOf(processes));
  };
  await look();
  // It may have ended between two looks; the next `most` tells.
  const timer = setInterval(() => void look().catch(() => undefined), everyMs);
  return {
    async most() {
      const now = await leadingPod();
      if (now.uid !== uid || now.restarts !== restarts) throw new Error('the operator that led has ended');
      await look();
      const seen = most;
      most = 0;
      return seen;
    },
    stop: () => clearInterval(timer),
  };
}

async function leadingPod(): Promise<{ uid: string; restarts: number }> {
  const pod = await get('pod', operatorNamespace, await leader());
  return { uid: pod.metadata.uid, restarts: Number(at(pod, 'status.containerStatuses[0].restartCount')) };
}

async function leader(): Promise<string> {
  return eventually('an operator leads', async () => {
    const [lease] = await list('leases', operatorNamespace);
    const pods = await list('pods', operatorNamespace);
    const holder = String(at(lease, 'spec.holderIdentity'));
    return pods.find((pod) => holder.startsWith(pod.metadata.name))?.metadata.name;
  });
}

/** Deletes the pods of the operator, so that one begins with empty memory. */
export async function restartOperators(): Promise<void> {
  const pods = await list('pods', operatorNamespace);
  await kubectl(['delete', 'pod', '-n', operatorNamespace, ...pods.map((pod) => pod.metadata.name)]);
  await eventually(
    'the operators are back',
    async () => {
      const now = await list('pods', operatorNamespace);
      return (
        now.length === pods.length &&
        now.every((pod) => JSON.stringify(pod['status']).includes('"ready":true'))
      );
    },
    { timeoutMs: 60_000 },
  );
}
