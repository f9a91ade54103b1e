import { runCopy, statefulSetOf } from '../backup/run-copy.ts';
import { durationMs } from '../command-line/duration.ts';
import type { Session } from '../session.ts';

const defaultLimitMs = 600_000;

/** Brings the storage back of a Registry whose objects are there again. @throws CommandError */
export async function restore(session: Session, [claim = '']: readonly string[]): Promise<void> {
  const { cluster, registry, flags, terminal } = session;
  const limitMs = flags.timeout === undefined ? undefined : durationMs(flags.timeout, 'timeout');
  const statefulSet = await statefulSetOf(cluster, registry, limitMs ?? defaultLimitMs);
  const options = [
    ...(flags.snapshot === undefined ? [] : ['--snapshot', flags.snapshot]),
    ...(flags['overwrite-tags'] ? ['--overwrite-tags'] : []),
  ];
  terminal.result(await runCopy(session, { copy: 'restore', claim, options, statefulSet, limitMs }));
}
