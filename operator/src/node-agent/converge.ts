import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TrustDocument } from './document.ts';
import { convergeHostsFile } from './hosts-file.ts';
import { recordDirectory } from './layout.ts';
import { loadRecord, saveRecord, type TrustRecord } from './record.ts';
import { runtimeFiles } from './runtime-files.ts';
import { systemFiles, systemStores } from './system-store.ts';
import { convergeFiles } from './written-files.ts';

/** Folders through which the node is seen. */
export interface NodeView {
  /** The node's folders under the paths that they have there. */
  readonly node: string;
  /** The node's whole root folder. */
  readonly systemRoot: string;
}

const execute = promisify(execFile);
const commandTimeoutMs = 120_000;
const longestOutput = 500;

/**
 * Makes the node what the document says, from whatever state it is in. Gives one sentence for each thing that somebody has to see to;
 * all else was done.
 */
export async function converge(document: TrustDocument, view: NodeView): Promise<string[]> {
  const file = join(view.node, recordDirectory, `${document.nodeTrust}.json`);
  const record = await loadRecord(file);
  const save = (): Promise<void> => saveRecord(file, record);
  const runtime = await convergeFiles({
    root: view.node,
    wanted: runtimeFiles(document),
    written: record.node,
    save,
  });
  const hosts = await convergeHosts(document, view);
  const system = await convergeSystem(document, view, record, save);
  return [...runtime, ...hosts, ...system];
}

async function convergeHosts(document: TrustDocument, view: NodeView): Promise<string[]> {
  if (document.hostsFile === undefined) return [];
  const entries = document.hosts.flatMap(({ hostname, hostsEntry }): [string, string][] =>
    hostsEntry === undefined ? [] : [[hostname, hostsEntry]],
  );
  return convergeHostsFile(join(view.node, document.hostsFile.path), document.nodeTrust, new Map(entries));
}

async function convergeSystem(
  document: TrustDocument,
  view: NodeView,
  record: TrustRecord,
  save: () => Promise<void>,
): Promise<string[]> {
  if (document.systemStore === undefined) return [];
  const wanted = systemFiles(document);
  // Noted before the files change: a crash in between must not forget the command.
  const goes = Object.keys(record.system.files).some((path) => !wanted.has(path));
  if (goes) record.systemPending = 'refresh';
  await save();
  const problems = await convergeFiles({
    root: view.systemRoot,
    wanted,
    written: record.system,
    save,
    onWrite: () => void (record.systemPending ??= 'update'),
  });
  if (record.systemPending === undefined) return problems;
  const command = systemStores[document.systemStore.family][record.systemPending];
  const failure = await runInRoot(view.systemRoot, command);
  if (failure !== undefined) return [...problems, failure];
  delete record.systemPending;
  await save();
  return problems;
}

/** Undefined when the command succeeded. */
async function runInRoot(root: string, command: readonly string[]): Promise<string | undefined> {
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
  try {
    // The path of `chroot` is that of the image.
    await execute('/usr/sbin/chroot', [root, ...command], { env, timeout: commandTimeoutMs });
    return undefined;
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    return `${command.join(' ')} failed: ${(stderr.trim() || message).slice(-longestOutput)}`;
  }
}
