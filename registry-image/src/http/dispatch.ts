import type { Request, RequestHandler, Response } from 'express';
import { type Access, type AccessRequest, loginPath, type Subject } from '../auth/index.ts';
import type { Config } from '../config/index.ts';
import type { ConfiguredMiddleware } from '../middleware/apply.ts';
import { registryError, RegistryError } from '../registry/errors.ts';
import { isRepositoryName } from '../registry/reference.ts';
import type { Services } from './context.ts';
import { setUser } from './access-log.ts';
import { externalPath, originOf } from './location.ts';
import type { Endpoint, Route } from './routes.ts';

/** Who asks where nobody is asked who they are. */
const nobody: Subject = { user: '', mayPush: () => false, mayPull: () => false, visible: undefined };

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
  const accesses = (endpoint?.actions ?? []).map((action) => ({ repository, action }));
  const wishes: Access[] = source === undefined ? [] : [{ repository: source, action: 'pull' }];
  return services.access.authorize(new AskedAccess(request, services.config.http, accesses, wishes));
}

/**
 * Works out where this registry is reached only when it is asked for that: for a refusal. A class, because an object literal with
 * getters is of a new shape each time, and ten times the garbage.
 */
class AskedAccess implements AccessRequest {
  readonly authorization: string | undefined;
  readonly accesses: readonly Access[];
  readonly wishes: readonly Access[];
  readonly #request: Request;
  readonly #http: Config['http'];

  constructor(
    request: Request,
    http: Config['http'],
    accesses: readonly Access[],
    wishes: readonly Access[],
  ) {
    this.authorization = request.headers.authorization;
    this.accesses = accesses;
    this.wishes = wishes;
    this.#request = request;
    this.#http = http;
  }

  get origin(): string {
    return originOf(this.#request, this.#http.host);
  }

  get loginUrl(): string {
    return this.origin + externalPath(this.#http, loginPath);
  }
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
