import { existsSync, readdirSync, readlinkSync, rmSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from '../layout.ts';

/** Directories outside the cluster's own whose path kubelet, containerd or libcni have built in. */
export const builtInDirectories = [
  '/var/lib/kubelet',
  '/var/lib/cni',
  '/var/log/containers',
  '/run/containerd',
] as const;

const controlGroups = '/sys/fs/cgroup';

/**
 * Removes what the cluster's programs put outside its directories. `existedBefore` lists those of builtInDirectories
 * that were there before the cluster's first start: in them only what is known to be the cluster's is removed.
 */
export function removeStrayFiles(layout: Layout, existedBefore: readonly string[]): void {
  removeLogLinks('/var/log/containers', layout);
  removeMatching('/var/lib/cni/results', /^wharfinger-/);
  for (const directory of ['/var/lib/kubelet', '/var/lib/cni', '/run/containerd']) {
    if (!existedBefore.includes(directory)) rmSync(directory, { recursive: true, force: true });
  }
  if (!existedBefore.includes('/var/log/containers')) removeIfEmpty('/var/log/containers');
  for (const group of podControlGroups()) removeControlGroup(group);
}

/** The pods' control groups: one for each version 1 hierarchy, or the one of version 2. */
function podControlGroups(): string[] {
  if (!existsSync(controlGroups)) return [];
  const hierarchies = readdirSync(controlGroups).map((name) => join(controlGroups, name, 'kubepods'));
  return [join(controlGroups, 'kubepods'), ...hierarchies].filter((group) => existsSync(group));
}

/** Removes a control group with those below it; one with processes in it is left alone. */
function removeControlGroup(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeControlGroup(join(path, entry.name));
  }
  removeIfEmpty(path);
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // In use, not empty, or not there.
  }
}

function removeLogLinks(directory: string, layout: Layout): void {
  if (!existsSync(directory)) return;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isSymbolicLink() && readlinkSync(path).startsWith(`${layout.podLogs}/`)) rmSync(path);
  }
}

function removeMatching(directory: string, pattern: RegExp): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) if (pattern.test(name)) rmSync(join(directory, name));
}
