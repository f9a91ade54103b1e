import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import type { ComponentName } from '../component.ts';
import type { Layout } from '../layout.ts';
import { identify, readProcFile } from '../supervisor/process-identity.ts';
import { stopProcess } from '../supervisor/stop-process.ts';

const programs: ReadonlySet<string> = new Set<ComponentName>([
  'etcd',
  'containerd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'coredns',
  'volumes',
]);

/** Whether a command line (fields separated by NUL) is that of a component that works with files below `state`. */
export function isComponentOf(commandLine: string, state: string): boolean {
  const [command = '', ...args] = commandLine.split('\0');
  return (
    programs.has(basename(command)) && args.some((arg) => arg.split('=').at(-1)?.startsWith(`${state}/`))
  );
}

/** Ends components that no record names, because the process that started them was killed before it could write one. */
export async function stopUnrecorded(layout: Layout): Promise<void> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = pids
    .map(Number)
    .filter((pid) => isComponentOf(readProcFile(pid, 'cmdline') ?? '', layout.state))
    .map((pid) => identify(pid))
    .filter((identity) => identity !== undefined);
  await Promise.all(found.map((identity) => stopProcess(identity, 5_000)));
}
