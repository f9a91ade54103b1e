import { readFile } from 'node:fs/promises';

/** Kernel start time of a process in clock ticks since boot, from the text of its /proc/PID/stat (field 22). */
export function startTimeOf(stat: string): number {
  // The second field is the command in parentheses and may hold anything, so fields are counted after its last ')'.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[19]);
}

/** Start time of a running process in clock ticks since boot; 0 where there is no /proc or no such process. */
export async function processStartTime(pid: number): Promise<number> {
  try {
    return startTimeOf(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return 0;
  }
}
