import { rename, rm } from 'node:fs/promises';
import type { Layout } from './layout.ts';
import type { ClusterOptions } from './options.ts';
import { takeDown } from './stop.ts';
import { ComponentFailure } from './supervisor/start-component.ts';

/** Whether `error` says that etcd cannot work with the data that it found. */
export function isDataDamage(error: unknown): boolean {
  if (!(error instanceof ComponentFailure) || error.component !== 'etcd') return false;
  return error.message.includes('ended') && !error.log.includes('address already in use');
}

/** Moves the state of a cluster whose data is damaged out of the way, so that a new one can start. */
export async function setAsideState(layout: Layout, options: ClusterOptions): Promise<void> {
  options.progress.step(
    `etcd cannot read its data any more; starting empty, the old state is in ${layout.damagedState}`,
  );
  await takeDown({ ...options, wipe: false });
  await rm(layout.damagedState, { recursive: true, force: true });
  await rename(layout.state, layout.damagedState);
}
