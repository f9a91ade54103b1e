import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import {
  directoryVariable,
  type Entry,
  hitFile,
  type KillOrder,
  logFile,
  orderFile,
  slownessVariable,
} from './kill-order.ts';

/**
 * Preloaded (`node --import`) into a whole registry: counts the calls by which its workers or its collector change the file system, and kills
 * the process with SIGKILL just before or just after the one that the order names.
 */
const calls = ['rename', 'link', 'unlink', 'rm', 'rmdir', 'mkdir', 'utimes', 'truncate', 'copyFile'].concat([
  'writeFile',
  'appendFile',
  'open',
]);

type AnyCall = (...args: unknown[]) => unknown;
type Calls = Record<string, AnyCall>;

// The calls of this file itself are not to be counted.
const { openSync, readFileSync, renameSync, writeSync } = fs;

const directory = process.env[directoryVariable] ?? '';
const slowness = Number(process.env[slownessVariable] ?? '0');
const program = basename(process.argv[1] ?? '').replace(/\.[a-z]+$/, '');
if (program === 'worker' || program === 'collector') install(program);

function install(entry: Entry): void {
  const still = new Int32Array(new SharedArrayBuffer(4));
  let count = 0;
  let log: number | undefined;
  let isWithin = false;
  let ordinal = 0;

  function currentOrder(): KillOrder | undefined {
    try {
      const order = JSON.parse(readFileSync(join(directory, orderFile), 'utf8')) as KillOrder;
      return order.entry === entry || order.call === undefined ? order : undefined;
    } catch {
      return undefined;
    }
  }

  /** The first name that no other process has taken. */
  function takeLog(): number {
    for (ordinal = 1; ; ordinal++) {
      const file = join(directory, logFile(entry, ordinal));
      try {
        return openSync(file, 'wx');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }

  /** Counts a call, and answers when this process is to die. */
  function note(name: string, args: readonly unknown[]): KillOrder['when'] {
    const order = currentOrder();
    if (!order) return undefined;
    log ??= takeLog();
    count++;
    writeSync(log, `${name} ${String(args[0])}\n`);
    const isMine = entry === 'worker' || order.ordinal === ordinal;
    return isMine && order.call === count ? order.when : undefined;
  }

  function die(): void {
    try {
      renameSync(join(directory, orderFile), join(directory, hitFile));
    } catch {
      // Another worker came first.
      return;
    }
    process.kill(process.pid, 'SIGKILL');
    Atomics.wait(still, 0, 0);
  }

  function begin(name: string, args: readonly unknown[]): KillOrder['when'] {
    if (isWithin || (name.startsWith('open') && !isForWriting(args[1]))) return undefined;
    if (entry === 'collector' && slowness > 0) Atomics.wait(still, 0, 0, slowness);
    const when = note(name, args);
    if (when === 'before') die();
    return when;
  }

  /** One call may be made of others. One that fails is over as well. */
  function outermost(when: KillOrder['when'], work: () => unknown): unknown {
    const before = isWithin;
    isWithin = true;
    let isPending = false;
    try {
      const result = work();
      isPending = result instanceof Promise;
      return result instanceof Promise && when === 'after' ? result.finally(die) : result;
    } finally {
      isWithin = before;
      if (when === 'after' && !isPending) die();
    }
  }

  function patch(owner: Calls, name: string): void {
    const original = owner[name];
    if (!original) throw new Error(`there is no call ${name}`);
    owner[name] = (...args) => {
      const when = begin(name, args);
      return outermost(when, () => original(...args));
    };
  }

  for (const name of calls) {
    patch(fs.promises as unknown as Calls, name);
    patch(fs as unknown as Calls, `${name}Sync`);
  }
  syncBuiltinESMExports();
}

function isForWriting(flags: unknown): boolean {
  if (typeof flags === 'number') return (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0;
  return typeof flags === 'string' && /[wa+]/.test(flags);
}
