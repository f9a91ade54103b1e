import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { ComponentName } from '../component.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** A process that runs for the cluster. */
export interface ProcessRecord extends ProcessIdentity {
  name: ComponentName;
  /** Hash of the command, its arguments and its files: a component that would be started otherwise is not up to date. */
  fingerprint: string;
}

/** The records in `text`; anything that is not a whole record is left out, because a crash may have cut the file. */
export function parseProcessTable(text: string): ProcessRecord[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return [];
  }
  return Array.isArray(parsed) ? parsed.filter((record) => isRecord(record)) : [];
}

/** The records in the file `path`; none when there is no such file. */
export function readProcessTable(path: string): ProcessRecord[] {
  try {
    return parseProcessTable(readFileSync(path, 'utf8'));
  } catch {
    return [];
  }
}

/** Adds `record` to the table in place of one of the same name. Synchronous, so that two starts cannot mix. */
export function recordProcess(path: string, record: ProcessRecord): void {
  writeTable(path, [...readProcessTable(path).filter(({ name }) => name !== record.name), record]);
}

/** Removes the record of the process `pid`. */
export function forgetProcess(path: string, pid: number): void {
  writeTable(
    path,
    readProcessTable(path).filter((record) => record.pid !== pid),
  );
}

function writeTable(path: string, records: readonly ProcessRecord[]): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(records, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}

function isRecord(value: unknown): value is ProcessRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Partial<Record<keyof ProcessRecord, unknown>>;
  const texts = [record.name, record.bootId, record.fingerprint];
  return (
    texts.every((text) => typeof text === 'string') && [record.pid, record.startTime].every(Number.isInteger)
  );
}
