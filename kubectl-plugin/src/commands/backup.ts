import { chmod, writeFile } from 'node:fs/promises';
import { persistentVolumeClaims, secrets } from '@wharfinger/operator';
import { formatObjects, neededSecrets } from '../backup/object-file.ts';
import { runCopy, scheduleCopy, statefulSetOf } from '../backup/run-copy.ts';
import { durationMs } from '../command-line/duration.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { CommandError } from '../command-error.ts';
import type { Session } from '../session.ts';

/** Writes the Registry and its Secrets to a file, and its storage to a claim. @throws CommandError */
export async function backup(session: Session, [claim = '', file = '']: readonly string[]): Promise<void> {
  const { cluster, registry, flags, terminal } = session;
  const { name, namespace } = registry.metadata;
  if (flags.keep !== undefined && !/^[1-9]\d*$/.test(flags.keep))
    throw new UsageError(`--keep ${flags.keep} is no number of snapshots`);
  const limitMs = flags.timeout === undefined ? undefined : durationMs(flags.timeout, 'timeout');
  const statefulSet = await statefulSetOf(cluster, registry, 0);
  await refuseSingleAccess(session, statefulSet);
  const { items } = await cluster.client.list(secrets, { namespace });
  const needed = neededSecrets(registry, items);
  await writePrivately(file, formatObjects({ registry, secrets: needed }));
  terminal.progress(
    `Registry ${name} and ${needed.length} Secrets are in ${file}: keep it as secret as they are`,
  );
  const options = flags.keep === undefined ? [] : ['--keep', flags.keep];
  const given = { copy: 'backup', claim, options, statefulSet } as const;
  if (flags.schedule === undefined) return terminal.result(await runCopy(session, { ...given, limitMs }));
  const cronJob = await scheduleCopy(session, { ...given, schedule: flags.schedule });
  terminal.result(`CronJob ${cronJob} backs up Registry ${name} at ${flags.schedule}`);
}

/** Such a volume is for one pod alone. */
async function refuseSingleAccess(
  { cluster, registry }: Session,
  { spec, status }: Awaited<ReturnType<typeof statefulSetOf>>,
): Promise<void> {
  const volume = spec?.template.spec?.volumes?.find((each) => each.name === 'data');
  const claim = volume?.persistentVolumeClaim?.claimName ?? '';
  const { name, namespace } = registry.metadata;
  const found = await cluster.client.find(persistentVolumeClaims, { namespace, name: claim });
  if ((status?.replicas ?? 0) === 0 || !found?.spec?.accessModes?.includes('ReadWriteOncePod')) return;
  throw new CommandError(
    `claim ${claim} is ReadWriteOncePod, so no Job can use it beside the registry; kubectl scale registry ${name} --replicas=0 -n ${namespace} first`,
  );
}

/** The mode of a file that is there is not that of a new one. */
async function writePrivately(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, '', { mode: 0o600 });
    await chmod(file, 0o600);
    await writeFile(file, text);
  } catch (error) {
    throw new CommandError(
      `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
