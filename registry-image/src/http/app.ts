import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Logger } from 'pino';
import type { AccessController } from '../auth/index.ts';
import type { Config } from '../config/index.ts';
import type { ConfiguredMiddleware } from '../middleware/apply.ts';
import type { Redirects } from '../middleware/redirects.ts';
import { registryError } from '../registry/errors.ts';
import type { Registry } from '../registry/index.ts';
import { createByteBudget } from './byte-budget.ts';
import { accessLog } from './access-log.ts';
import { sendError } from './answers.ts';
import type { Services } from './context.ts';
import type { HealthGate } from './health-gate.ts';
import { dispatch } from './dispatch.ts';
import { Http2Request, serveHttp2 } from './http2-messages.ts';
import { routes } from './routes.ts';
import { createUploadState } from './upload-state.ts';

/** Bytes of manifests that are being pushed, in memory at a time; their parsed form takes several times as much. */
const manifestBytes = 16 * 1024 * 1024;

export interface AppOptions {
  /** `http` and `storage.delete` are used here. */
  readonly config: Config;
  readonly registry: Registry;
  readonly access: AccessController;
  /** Takes the access log and what goes wrong inside. */
  readonly log: Logger;
  readonly version: string;
  /** Absent: nobody checks this registry's health. */
  readonly health?: HealthGate | undefined;
  /** Used unless `storage.redirect.disable` says otherwise. */
  readonly redirects?: Redirects;
  /** Comes between the endpoints and each repository. */
  readonly repositoryMiddleware?: ConfiguredMiddleware['repository'];
}

/** Answers requests of HTTP/1.1, and those of HTTP/2 that are made of the classes of http2-messages.ts. */
export type AppHandler = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) => void;

/** The registry protocol: an Express application for each of the two versions of HTTP. */
export function createApp(options: AppOptions): AppHandler {
  const { config, registry, access, log } = options;
  const services: Services = {
    config,
    registry,
    access,
    log,
    uploadState: createUploadState({ secret: config.http.secret }),
    manifestBodies: createByteBudget({ bytes: manifestBytes }),
    redirects: config.storage.redirect.disable ? undefined : options.redirects,
  };
  const forHttp1 = createExpress(services, options);
  const forHttp2 = createExpress(services, options);
  serveHttp2(forHttp2);
  return (request, response) => {
    // Not by httpVersionMajor: a client can write `GET / HTTP/2.0` on a connection of HTTP/1.1.
    const app = request instanceof Http2Request ? forHttp2 : forHttp1;
    // Express knows the types of HTTP/1.1 only.
    app(request as IncomingMessage, response as ServerResponse);
  };
}

function createExpress(services: Services, options: AppOptions): Express {
  const { config, log } = services;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  if (!config.log.accesslog.disabled) app.use(accessLog({ log }));
  app.use(commonHeaders(config, options.version));
  if (options.health) app.use(options.health.handler);

  const router = express.Router({ caseSensitive: true, strict: true });
  for (const route of routes)
    router.all(route.pattern, dispatch(route, services, options.repositoryMiddleware));
  app.use(config.http.prefix === '' ? '/' : config.http.prefix, router);
  app.use((): void => {
    throw registryError('NAME_UNKNOWN', undefined, 'this path is no endpoint of the registry');
  });
  app.use(errorHandler(log));
  return app;
}

const connectionSpecific = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

function commonHeaders(config: Config, version: string): RequestHandler {
  const configured = Object.entries(config.http.headers).map(
    ([name, values]): [string, string | string[]] => {
      // A list of several values is one field; only cookies cannot be joined (RFC 9110, 5.3).
      return [name, name.toLowerCase() === 'set-cookie' ? values : values.join(', ')];
    },
  );
  const fields = [
    ['Docker-Distribution-Api-Version', 'registry/2.0'],
    ['X-Content-Type-Options', 'nosniff'],
    ['Server', `wharfinger/${version}`],
    ...configured,
  ] as const;
  return ({ httpVersionMajor }, response, next): void => {
    for (const [name, value] of fields) {
      // "An endpoint MUST NOT generate an HTTP/2 message containing connection-specific header fields" (RFC 9113, 8.2.2).
      if (httpVersionMajor === 2 && connectionSpecific.has(name.toLowerCase())) continue;
      response.setHeader(name, value);
    }
    next();
  };
}

function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next): void => {
    sendError({ error, request, response, log });
  };
}
