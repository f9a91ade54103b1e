import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getCallSites } from 'node:util';
import type { LogFn, Logger } from 'pino';

/** What file names are told relative to. */
const root = fileURLToPath(new URL('..', import.meta.url));

/** A hook of pino that adds to a line where it was written, as logrus does: `file` with the line, `func`. */
export function withCaller(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
  // This function, pino's own around it, and whoever called that.
  const site = getCallSites(3)[2];
  const script = site?.scriptName ?? '';
  const file = relative(root, script.startsWith('file:') ? fileURLToPath(script) : script);
  const caller = { file: `${file}:${site?.lineNumber ?? 0}`, func: site?.functionName ?? '' };
  const [first, ...rest] = args as unknown[];
  const isText = typeof first !== 'object' || first === null;
  const fields = first instanceof Error ? { err: first } : first;
  const withFields = isText ? [caller, first, ...rest] : [{ ...caller, ...(fields as object) }, ...rest];
  method.apply(this, withFields as Parameters<LogFn>);
}
