import { createHmac } from 'node:crypto';
import type { KeyRef } from '../../api/registry-environment.ts';
import { configMaps, secrets } from '../../kube/builtin-kinds.ts';
import { bundleProblem } from '../../pki/authority-bundle.ts';
import type { ResolvedVariable } from '../../resources/config-judgement.ts';
import { secretText } from '../../resources/secrets.ts';
import { ProblemError, stalled } from '../problem.ts';
import type { StepContext } from '../step.ts';

/** What spec.env and spec.egress refer to. */
export interface Environment {
  readonly variables: readonly ResolvedVariable[];
  /**
   * Changes with every value that is referred to, and tells nothing about them to those who do not have the key; undefined when nothing
   * is referred to.
   */
  readonly digest: string | undefined;
}

/** Reads every value that the environment of the pods refers to. `key` is the Registry's own secret. */
export async function environment(context: StepContext, key: string): Promise<Environment> {
  const { env = [], egress } = context.registry.spec;
  const variables: ResolvedVariable[] = [];
  const referred: string[] = [];
  for (const { name, value, valueFrom } of env) {
    const { secretKeyRef: secret, configMapKeyRef: map } = valueFrom ?? {};
    const field = `spec.env[${name}]`;
    const found = value ?? (await valueOf(context, field, { secret, map }));
    if (value === undefined) referred.push(name, found);
    const origin = secret && { secret: `Secret ${secret.name}, key ${secret.key}` };
    variables.push({ name, value: found, ...origin });
  }
  if (egress?.caBundle) {
    const { secretKeyRef: secret, configMapKeyRef: map } = egress.caBundle;
    referred.push(await bundle(context, { secret, map }));
  }
  if (referred.length === 0) return { variables, digest: undefined };
  const digest = createHmac('sha256', key).update(JSON.stringify(referred)).digest('hex').slice(0, 16);
  return { variables, digest };
}

interface Source {
  readonly secret: KeyRef | undefined;
  readonly map: KeyRef | undefined;
}

async function bundle(context: StepContext, source: Source): Promise<string> {
  const field = 'spec.egress.caBundle';
  const text = await valueOf(context, field, source);
  const problem = bundleProblem(text);
  if (problem === undefined) return text;
  const { name, key } = (source.secret ?? source.map) as KeyRef;
  throw new ProblemError(stalled('InvalidCA', `${field}: the key ${key} of ${name} ${problem}`));
}

async function valueOf(context: StepContext, field: string, { secret, map }: Source): Promise<string> {
  const { namespace } = context.registry.metadata;
  const { client } = context;
  if (secret !== undefined) {
    const found = await client.find(secrets, { namespace, name: secret.name });
    return required(field, 'Secret', secret, found && { value: secretText(found, secret.key) });
  }
  const ref = map as KeyRef;
  const found = await client.find(configMaps, { namespace, name: ref.name });
  return required(field, 'ConfigMap', ref, found && { value: found.data?.[ref.key] });
}

function required(
  field: string,
  kind: 'Secret' | 'ConfigMap',
  { name, key }: KeyRef,
  found: { value: string | undefined } | undefined,
): string {
  if (found?.value !== undefined) return found.value;
  const lack =
    found === undefined
      ? `does not exist; create it with the key ${key}`
      : `has no key ${key}; add it or correct the key`;
  throw new ProblemError(stalled(`${kind}Missing`, `${field}: ${kind} ${name} ${lack}`));
}
