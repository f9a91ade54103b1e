import type { Request, RequestHandler, Response } from 'express';
import { registryError, RegistryError } from '../registry/errors.ts';
import { isRepositoryName } from '../registry/reference.ts';
import type { Services } from './context.ts';
import { setUser } from './access-log.ts';
import type { Endpoint, Route } from './routes.ts';

/** The Express handler of one route: method, credentials, name, then the endpoint. */
export function dispatch(route: Route, services: Services): RequestHandler {
  const methods = new Map(Object.entries(route.methods));
  const allow = [...methods.keys()].join(', ');

  return async (request: Request, response: Response): Promise<void> => {
    const endpoint = methods.get(request.method);
    const [repository, target] = captured(request);
    const subject = await services.access.authorize(
      request.headers.authorization,
      (endpoint?.actions ?? []).map((action) => ({ repository, action })),
    );
    setUser(response, subject.user);
    if (!endpoint) throw new RegistryError([{ code: 'UNSUPPORTED' }], { Allow: allow });
    if (repository !== '' && !isRepositoryName(repository))
      throw registryError('NAME_INVALID', { name: repository });
    const signal = abortedByClient(response);
    await serve(endpoint, { services, request, response, subject, repository, target, signal });
  };
}

async function serve(endpoint: Endpoint, context: Parameters<Endpoint['handle']>[0]): Promise<void> {
  try {
    await endpoint.handle(context);
  } catch (error) {
    // Nobody is left to answer.
    if (!context.signal.aborted && !context.request.errored) throw error;
    context.response.destroy();
  }
}

function captured(request: Request): [repository: string, target: string] {
  const params = request.params as Record<string, string | undefined>;
  return [params['0'] ?? '', params['1'] ?? ''];
}

function abortedByClient(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new Error('the client has gone'));
  });
  return controller.signal;
}
