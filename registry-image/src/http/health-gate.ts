import type { RequestHandler } from 'express';
import { RegistryError } from '../registry/errors.ts';

/** What is wrong, by the name of the check; empty when all is well. */
export type HealthProblems = Readonly<Record<string, string>>;

/** Refuses every request while a health check of this replica fails. */
export interface HealthGate {
  readonly handler: RequestHandler;
  set(problems: HealthProblems): void;
}

/** Seconds after which a client may try again: the usual interval of a check. */
const retryAfter = '10';

export function createHealthGate(): HealthGate {
  let healthy = true;
  return {
    handler: (_request, _response, next): void => {
      if (healthy) return next();
      // What fails is told on the debug port alone: names and reasons are the operator's business.
      const detail = 'health check failed: please see /debug/health';
      throw new RegistryError([{ code: 'UNAVAILABLE', detail }], { 'Retry-After': retryAfter });
    },
    set(problems) {
      healthy = Object.keys(problems).length === 0;
    },
  };
}
