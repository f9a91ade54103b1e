import { readFileSync } from 'node:fs';

/** What tells a process from a later one with the same number. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks from boot to the process's start: field 22 of /proc/PID/stat. */
  startTime: number;
  /** Names the boot of the machine in which `startTime` counts. */
  bootId: string;
}

/** State letter and start time from the text of /proc/PID/stat. Throws when it is not such a text. */
export function parseStat(text: string): { state: string; parent: number; startTime: number } {
  // The second field is the command in parentheses, which may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent, startTime] = [fields[0], Number(fields[1]), Number(fields[19])];
  if (!state || !Number.isInteger(parent) || !Number.isInteger(startTime)) {
    throw new Error(`not the text of a stat file: ${text.slice(0, 80)}`);
  }
  return { state, parent, startTime };
}

/** The identity of the process `pid`, or undefined when there is none or it has ended but was not yet waited for. */
export function identify(pid: number): ProcessIdentity | undefined {
  const text = readProcFile(pid, 'stat');
  if (text === undefined) return undefined;
  const { state, startTime } = parseStat(text);
  return state === 'Z' || state === 'X' ? undefined : { pid, startTime, bootId: currentBootId() };
}

/** Whether the very process of `identity` still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  const current = identify(identity.pid);
  return current?.startTime === identity.startTime && current.bootId === identity.bootId;
}

/** The text of /proc/PID/`name`, or undefined when the process is gone. */
export function readProcFile(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}

function currentBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
