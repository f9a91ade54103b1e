import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import type { Registry } from '../registry/index.ts';
import type { MiddlewareContext, StorageLayer } from './middleware.ts';
import { registeredMiddleware, type RegisteredMiddleware } from './registered.ts';

export interface ConfiguredMiddleware {
  storage(layer: StorageLayer): Promise<StorageLayer>;
  registry(registry: Registry): Promise<Registry>;
  /** The registry as the requests for one repository see it; undefined when no middleware comes between. */
  readonly repository: ((registry: Registry, repository: string) => Registry) | undefined;
}

/**
 * Loads what the section `middleware` names. The first of a list is the innermost.
 * @throws Error of one sentence when one cannot work with its options
 */
export async function loadMiddleware(
  config: Config['middleware'],
  log: Logger,
  registered: RegisteredMiddleware = registeredMiddleware,
): Promise<ConfiguredMiddleware> {
  const storage = await load('storage', registered.storage);
  const registry = await load('registry', registered.registry);
  const repository = await Promise.all(
    (await load('repository', registered.repository)).map(({ create, context }) => create(context)),
  );

  async function load<T>(
    kind: keyof RegisteredMiddleware,
    known: ReadonlyMap<string, () => Promise<T>>,
  ): Promise<{ create: T; context: MiddlewareContext }[]> {
    const loaded: { create: T; context: MiddlewareContext }[] = [];
    for (const [index, { name, disabled, options }] of config[kind].entries()) {
      if (disabled) continue;
      const loader = known.get(name);
      // The config's schema has refused it already.
      if (!loader) throw new Error(`middleware.${kind}.${index}.name: there is no middleware ${name}`);
      const setting = `middleware.${kind}.${index}.options`;
      loaded.push({ create: await loader(), context: { options, setting, log } });
    }
    return loaded;
  }

  return {
    async storage(layer) {
      let outer = layer;
      for (const { create, context } of storage) outer = await create(outer, context);
      return outer;
    },
    async registry(inner) {
      let outer = inner;
      for (const { create, context } of registry) outer = await create(outer, context);
      return outer;
    },
    repository:
      repository.length === 0
        ? undefined
        : (inner, name) => repository.reduce((next, wrap) => wrap(next, name), inner),
  };
}
