import { randomBytes } from 'node:crypto';
import {
  isNotFound,
  objectNames,
  persistentVolumeClaims,
  pods,
  type ServedRegistry,
  type StatefulSet,
  statefulSets,
} from '@wharfinger/operator';
import { cronJobs, jobs } from '../cluster/kinds.ts';
import { waitFor } from '../cluster/waiting.ts';
import { CommandError } from '../command-error.ts';
import type { Session } from '../session.ts';
import { copyCronJob, type CopyJobOptions, copyJob } from './copy-job.ts';

type Copying = Pick<CopyJobOptions, 'copy' | 'claim' | 'options' | 'statefulSet'>;

/** Runs the Job and gives what it says that it did. @throws CommandError when it fails, or its time is over */
export async function runCopy(
  { cluster: { client, namespace }, registry, terminal }: Session,
  given: Copying & { limitMs: number | undefined },
): Promise<string> {
  await requireClaim({ client, namespace }, given.claim);
  const suffix = randomBytes(4).toString('hex');
  const made = await client.create(jobs, copyJob({ ...given, registry, suffix }));
  const { name } = made.metadata;
  terminal.progress(`Job ${name} runs`);
  const hint = `kubectl logs job/${name} -n ${namespace}`;

  async function look(): Promise<{ message: string; isDone: boolean } | undefined> {
    const { status } = await client.get(jobs, { namespace, name });
    const isDone = (status?.succeeded ?? 0) > 0;
    if (!isDone && (status?.failed ?? 0) === 0) return undefined;
    return { isDone, message: await lastWords(name) };
  }

  async function lastWords(job: string): Promise<string> {
    const { items } = await client.list(pods, { namespace, labelSelector: `job-name=${job}` });
    const words = items.map(({ status }) => status?.containerStatuses?.[0]?.state?.terminated?.message);
    return words.find((each) => each !== undefined)?.trim() ?? '';
  }

  const late = (): string =>
    `Job ${name} is not done yet; ${hint} and kubectl describe pod -l job-name=${name} -n ${namespace} tell more`;
  const { isDone, message } = await waitFor(look, { limitMs: given.limitMs, late });
  if (!isDone) throw new CommandError(`Job ${name} failed: ${message.split('\n').at(-1) ?? ''}; see ${hint}`);
  return message;
}

/** Has the Job run on a schedule; gives the name of what does so. @throws CommandError */
export async function scheduleCopy(
  { cluster, registry }: Session,
  given: Copying & { schedule: string },
): Promise<string> {
  await requireClaim(cluster, given.claim);
  const { metadata } = await cluster.client.apply(
    cronJobs,
    copyCronJob({ ...given, registry }, given.schedule),
  );
  return metadata.name;
}

async function requireClaim({ client, namespace }: Session['cluster'], name: string): Promise<void> {
  if (await client.find(persistentVolumeClaims, { namespace, name })) return;
  throw new CommandError(
    `there is no PersistentVolumeClaim ${name} in the namespace ${namespace}; create it for the backup`,
  );
}

/** The StatefulSet of a Registry, when the operator has made it. @throws CommandError when the time is over */
export async function statefulSetOf(
  { client }: Session['cluster'],
  { metadata: { name, namespace } }: ServedRegistry,
  limitMs: number,
): Promise<StatefulSet> {
  const ref = { namespace, name: objectNames(name).statefulSet };
  const look = (): Promise<StatefulSet | undefined> => client.find(statefulSets, ref);
  try {
    const late = (): string =>
      `the operator has made no StatefulSet for Registry ${name}; kubectl describe registry ${name} -n ${namespace} tells why`;
    return await waitFor(look, { limitMs, late });
  } catch (error) {
    throw isNotFound(error) ? new CommandError(`the namespace ${namespace} is gone`) : error;
  }
}
