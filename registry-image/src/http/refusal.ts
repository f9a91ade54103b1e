import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { RegistryError } from '../registry/errors.ts';
import { sendError } from './answers.ts';
import type { AppHandler } from './app.ts';

/** Seconds. */
const retryAfter = '1';

/** Answers 503 to every request, without an application. */
export function createRefusal(log: Logger): AppHandler {
  return (request, response) => {
    const error = new RegistryError([{ code: 'UNAVAILABLE' }], { 'Retry-After': retryAfter });
    // Of Express' additions sendError uses none.
    sendError({ error, request: request as Request, response: response as Response, log });
  };
}
