import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';

const users = new WeakMap<Response, string>();

/** Notes who made the request, for the access log. */
export function setUser(response: Response, user: string): void {
  users.set(response, user);
}

/**
 * Writes one line per request when it has ended: `bytes` as announced in Content-Length, `ms` from the header to the end;
 * `complete` is false when the client went away before that.
 */
export function accessLog(options: { log: Logger }): RequestHandler {
  return (request, response, next): void => {
    const started = performance.now();
    const { method, path } = request;
    const remote = request.socket.remoteAddress;
    response.once('close', () => {
      options.log.info(
        {
          method,
          path,
          status: response.statusCode,
          bytes: bodyLength(response),
          ms: Math.round((performance.now() - started) * 10) / 10,
          user: users.get(response) ?? '',
          remote,
          complete: response.writableFinished,
        },
        'request',
      );
    });
    next();
  };
}

function bodyLength(response: Response): number {
  return response.req.method === 'HEAD' ? 0 : Number(response.getHeader('content-length') ?? 0);
}
