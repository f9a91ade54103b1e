import { hostname } from 'node:os';
import { destination, type DestinationStream, type Level, type Logger, pino, stdTimeFunctions } from 'pino';
import { withCaller } from './log-caller.ts';
import { formatLogstash, formatText } from './log-format.ts';

export type Log = Logger;

export interface LogOptions {
  readonly level: Level;
  readonly formatter: 'text' | 'json' | 'logstash';
  /** Fields of every line. */
  readonly fields: Readonly<Record<string, string>>;
  /** Adds to every line the place in the code that wrote it, as `file` and `func`. */
  readonly reportcaller: boolean;
}

const formatters = { text: formatText, logstash: formatLogstash };

/**
 * The log of a process as `config.log` asks for it, written to standard output without blocking the event loop.
 * `json` has the keys of distribution: level, msg, time (RFC 3339).
 * @param base fields of this process, which `options.fields` may override
 */
export function createLog(
  options: LogOptions,
  base: Readonly<Record<string, string>>,
  stream: DestinationStream = standardOutput(),
): Log {
  const { level, formatter } = options;
  const settings = {
    level,
    base: { ...base, ...options.fields },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string): object => ({ level: label === 'warn' ? 'warning' : label }) },
    ...(options.reportcaller && { hooks: { logMethod: withCaller } }),
  };
  if (formatter === 'json') return pino(settings, stream);
  const format = formatters[formatter];
  const host = hostname();
  return pino(settings, { write: (line) => stream.write(format(line, host)) });
}

/** Bytes that a pipe takes from several writers without mixing them (PIPE_BUF, pipe(7)). */
const atomicWrite = 4096;

const flushes: (() => void)[] = [];

function standardOutput(): DestinationStream {
  const output = destination({ fd: 1, sync: false, maxWrite: atomicWrite });
  flushes.push(() => output.flushSync());
  return output;
}

/** Writes out what is still buffered; to be called before `process.exit`. */
export function flushLogs(): void {
  for (const flush of flushes) {
    try {
      flush();
    } catch {
      // Nobody reads standard output any more.
    }
  }
}
