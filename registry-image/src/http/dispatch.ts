import type { Request, RequestHandler, Response } from 'express';
import { loginPath, type Subject } from '../auth/index.ts';
import type { ConfiguredMiddleware } from '../middleware/apply.ts';
import { registryError, RegistryError } from '../registry/errors.ts';
import { isRepositoryName } from '../registry/reference.ts';
import type { Services } from './context.ts';
import { setUser } from './access-log.ts';
import { externalPath, originOf } from './location.ts';
import type { Endpoint, Route } from './routes.ts';

/** Who asks where nobody is asked who they are. */
const nobody: Subject = { user: '', mayPush: false, mayPull: () => false, visible: undefined };

/** The Express handler of one route: name, credentials, method, then the endpoint. */
export function dispatch(
  route: Route,
  services: Services,
  repositoryMiddleware?: ConfiguredMiddleware['repository'],
): RequestHandler {
  const methods = new Map(Object.entries(route.methods));
  const allow = [...methods.keys()].join(', ');

  return async (request: Request, response: Response): Promise<void> => {
    const endpoint = methods.get(request.method);
    const [repository, target] = captured(request);
    // A name goes into the challenge only when it is one.
    if (repository !== '' && !isRepositoryName(repository))
      throw registryError('NAME_INVALID', { name: repository });
    const subject = route.open ? nobody : await authorize({ services, request, repository, endpoint });
    setUser(response, subject.user);
    if (!endpoint) throw new RegistryError([{ code: 'UNSUPPORTED' }], { Allow: allow });
    const signal = abortedByClient(response);
    const own =
      repository !== '' && repositoryMiddleware
        ? { ...services, registry: repositoryMiddleware(services.registry, repository) }
        : services;
    await serve(endpoint, { services: own, request, response, subject, repository, target, signal });
  };
}

async function authorize(options: {
  services: Services;
  request: Request;
  repository: string;
  endpoint: Endpoint | undefined;
}): Promise<Subject> {
  const { services, request, repository, endpoint } = options;
  const source = endpoint?.source?.(request);
  const { http } = services.config;
  return services.access.authorize({
    authorization: request.headers.authorization,
    // Only a refusal says them.
    get origin() {
      return originOf(request, http.host);
    },
    get loginUrl() {
      return this.origin + externalPath(http, loginPath);
    },
    accesses: (endpoint?.actions ?? []).map((action) => ({ repository, action })),
    wishes: source === undefined ? [] : [{ repository: source, action: 'pull' }],
  });
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
