import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { AccessController } from '../auth/index.ts';
import type { Config } from '../config/index.ts';
import { registryError } from '../registry/errors.ts';
import type { Registry } from '../registry/index.ts';
import { accessLog } from './access-log.ts';
import { sendError } from './answers.ts';
import type { Services } from './context.ts';
import { dispatch } from './dispatch.ts';
import { routes } from './routes.ts';
import { createUploadState } from './upload-state.ts';

/**
 * The registry protocol as an Express application.
 * @param options.config `http` and `storage.delete` are used here
 * @param options.log takes the access log and what goes wrong inside
 */
export function createApp(options: {
  config: Config;
  registry: Registry;
  access: AccessController;
  log: Logger;
  version: string;
}): express.Express {
  const { config, registry, access, log } = options;
  const services: Services = {
    config,
    registry,
    access,
    log,
    uploadState: createUploadState({ secret: config.http.secret }),
  };
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  if (!config.log.accesslog.disabled) app.use(accessLog({ log }));
  app.use(commonHeaders(config, options.version));

  const router = express.Router({ caseSensitive: true, strict: true });
  for (const route of routes) router.all(route.pattern, dispatch(route, services));
  app.use(config.http.prefix === '' ? '/' : config.http.prefix, router);
  app.use((): void => {
    throw registryError('NAME_UNKNOWN', undefined, 'this path is no endpoint of the registry');
  });
  app.use(errorHandler(log));
  return app;
}

function commonHeaders(config: Config, version: string): RequestHandler {
  const fields: [string, string | string[]][] = [
    ['Docker-Distribution-Api-Version', 'registry/2.0'],
    ['X-Content-Type-Options', 'nosniff'],
    ['Server', `wharfinger/${version}`],
    ...Object.entries(config.http.headers),
  ];
  return (_, response, next): void => {
    for (const [name, value] of fields) response.setHeader(name, value);
    next();
  };
}

function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next): void => {
    sendError({ error, request, response, log });
  };
}
