import type { Log } from './log.ts';

/** For tests: a log that keeps what it was given. */
export interface RecordedLog extends Log {
  readonly entries: { level: keyof Log; fields: object; message: string }[];
}

export function createRecordedLog(): RecordedLog {
  const entries: RecordedLog['entries'] = [];
  const at =
    (level: keyof Log) =>
    (fields: object, message: string): void =>
      void entries.push({ level, fields, message });
  return { entries, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
