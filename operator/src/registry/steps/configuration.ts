import { randomBytes } from 'node:crypto';
import { ConfigError, parseConfig } from '@wharfinger/registry/config';
import { configMaps, secrets } from '../../kube/builtin-kinds.ts';
import { configMap } from '../../resources/config-maps.ts';
import { objectNames } from '../../resources/names.ts';
import { registryConfigText } from '../../resources/registry-config.ts';
import { httpSecret } from '../../resources/secrets.ts';
import { requireOwned } from '../ownership.ts';
import { ProblemError, stalled } from '../problem.ts';
import type { StepContext } from '../step.ts';

/** `NAME-http` and `NAME-config`; gives the text of config.yml, which the registry's own reader has accepted. */
export async function configuration(context: StepContext): Promise<string> {
  const { registry, stores, applier } = context;
  const { name, namespace } = registry.metadata;
  const ref = { namespace, name: objectNames(name).http };
  const secret = await applier.createOnce(secrets, stores.secrets, ref, async () =>
    httpSecret(registry, randomBytes(32).toString('base64url')),
  );
  requireOwned(secrets.kind, secret, registry);
  const text = registryConfigText(registry);
  requireReadable(text);
  await applier.apply(configMaps, stores.configMaps, configMap(registry, text), (live) =>
    requireOwned(configMaps.kind, live, registry),
  );
  return text;
}

function requireReadable(text: string): void {
  try {
    parseConfig(text, {});
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ProblemError(
      stalled('InvalidConfig', `the registry would refuse its config.yml: ${error.problems.join('; ')}`),
    );
  }
}
