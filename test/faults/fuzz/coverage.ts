import { routes } from '../../../registry-image/src/http/routes.ts';
import { errorCodes } from '../../../registry-image/src/registry/error-codes.ts';
import type { Message } from './message.ts';
import type { WireAnswer } from './wire.ts';

/** Codes that no request may bring about: UNKNOWN is the registry's own failure, with status 500. */
const forbidden = new Set(['UNKNOWN']);

/** Counts which routes and error codes of the registry's code were reached. */
export interface Coverage {
  readonly requests: number;
  /** A request goes out (or something that is none). */
  sent(): void;
  note(message: Message, answer: WireAnswer): void;
  /** Lines `NAME: COUNT` of all that was reached less often than `least` times; routes count when they succeeded. */
  missing(least: number): string[];
  summary(): string;
}

export function createCoverage(): Coverage {
  const counts = new Map<string, number>();
  const methods = routes.flatMap((route) =>
    Object.keys(route.methods).map((method) => `${method} ${route.pattern.source}`),
  );
  for (const method of methods) {
    counts.set(`${method} answered`, 0);
    counts.set(`${method} succeeded`, 0);
  }
  for (const code of Object.keys(errorCodes)) if (!forbidden.has(code)) counts.set(code, 0);
  const statuses = new Map<number, number>();
  let requests = 0;

  function add(name: string): void {
    const count = counts.get(name);
    if (count !== undefined) counts.set(name, count + 1);
  }

  return {
    get requests() {
      return requests;
    },
    sent() {
      requests += 1;
    },
    note({ method, path }, { status, body }) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const [pathname = ''] = path.split('?');
      const route = routes.find(({ pattern }) => pattern.test(pathname));
      if (route) {
        add(`${method} ${route.pattern.source} answered`);
        if (status < 400) add(`${method} ${route.pattern.source} succeeded`);
      }
      if (status >= 400) for (const code of codesOf(body)) add(code);
    },
    missing: (least) =>
      [...counts].filter(([, count]) => count < least).map(([name, count]) => `${name}: ${count}`),
    summary() {
      const all = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
      return `${requests} requests; answers by status: ${all.join(', ')}`;
    },
  };
}

/** The codes of an error's body; none when it is no JSON of the specification (Node's own 400 has no body). */
export function codesOf(body: Buffer): string[] {
  if (body.length === 0) return [];
  try {
    const { errors } = JSON.parse(body.toString()) as { errors?: { code?: unknown }[] };
    return (errors ?? []).map(({ code }) => String(code));
  } catch {
    return [];
  }
}
