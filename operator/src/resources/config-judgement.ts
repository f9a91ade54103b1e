import {
  type Config,
  type EffectiveTree,
  effectiveTree,
  readConfig,
  secretPlaces,
  treeAt,
} from '@wharfinger/registry/config';
import { stringify } from 'yaml';
import type { Registry } from '../api/registry.ts';
import { egressVariables } from './egress.ts';
import { type OwnedKey, ownedConfigKeys } from './owned-config-keys.ts';
import { registryConfig, registryConfigText } from './registry-config.ts';

/** A variable of spec.env with its value. */
export interface ResolvedVariable {
  readonly name: string;
  readonly value: string;
  /** The Secret and key that hold the value, for people; undefined when the value may be shown. */
  readonly secret?: string;
}

export interface ConfigJudgement {
  /** Everything that is wrong with spec.config and spec.env, one sentence each; none quotes a value from a Secret. */
  readonly problems: readonly string[];
  /** Variables that put back what the operator needs where spec.env sets a whole section. */
  readonly pins: Readonly<Record<string, string>>;
  /** What the registry makes of it; undefined when something is wrong. */
  readonly config: Config | undefined;
}

type Values = Readonly<Record<string, string>>;

const configVariable = /^REGISTRY_/;

/** Judges spec.config and spec.env by the registry's own reader, and keeps the operator's keys. */
export function judgeConfig(registry: Registry, variables: readonly ResolvedVariable[]): ConfigJudgement {
  const text = registryConfigText(registry);
  const values = valuesOf(variables);
  const chosen = effectiveTree(text, values);
  const rendered = effectiveTree(stringify(registryConfig(registry)), {});
  if (rendered === undefined) throw new Error('the config that the operator renders cannot be read');
  const kept = keepOwned(registry, rendered, chosen);
  const { config, problems } = readConfig(text, { ...values, ...kept.pins });
  const open = variables.filter(({ secret }) => secret === undefined);
  const shown = new Set(
    open.length === variables.length
      ? problems
      : readConfig(text, { ...valuesOf(open), ...kept.pins }).problems,
  );
  const all = [
    ...kept.problems,
    ...problems.filter((problem) => shown.has(problem)),
    ...hidden({ variables, open, problems, shown, text, pins: kept.pins }),
    ...unknownNames(variables, chosen),
    ...readableSecrets(registry, open),
    ...twice(registry),
  ];
  return { problems: all, pins: kept.pins, config: all.length === 0 ? config : undefined };
}

function keepOwned(
  registry: Registry,
  rendered: EffectiveTree,
  chosen: EffectiveTree | undefined,
): { problems: string[]; pins: Record<string, string> } {
  const problems: string[] = [];
  const pins: Record<string, string> = {};
  if (chosen === undefined) return { problems, pins };
  for (const owned of ownedConfigKeys(registry)) {
    const path = owned.path.split('.');
    const wanted = treeAt(rendered.tree, path);
    const found = treeAt(chosen.tree, path);
    if (found === wanted) continue;
    if (found === undefined && typeof wanted === 'string') pins[variableOf(owned.path)] = wanted;
    else problems.push(refusal(owned, chosen));
  }
  return { problems, pins };
}

function refusal({ path, advice }: OwnedKey, { origins }: EffectiveTree): string {
  const origin = origins.findLast(
    (set) => isWithin(path.split('.'), set.path) || isWithin(set.path, path.split('.')),
  );
  return `${path}: the operator sets it (${advice}); remove it from ${origin?.variable ?? 'spec.config'}`;
}

function isWithin(path: readonly string[], section: readonly string[]): boolean {
  return section.every((name, index) => name === path[index]);
}

/** One sentence for all that the values of Secrets bring with them, because what the reader says may quote them. */
function hidden(seen: {
  variables: readonly ResolvedVariable[];
  open: readonly ResolvedVariable[];
  problems: readonly string[];
  shown: ReadonlySet<string>;
  text: string;
  pins: Values;
}): string[] {
  const { variables, open, problems, shown, text, pins } = seen;
  if (problems.every((problem) => shown.has(problem))) return [];
  const secret = variables.filter((variable) => variable.secret !== undefined);
  const guilty = secret.filter((variable) =>
    readConfig(text, { ...valuesOf([...open, variable]), ...pins }).problems.some(
      (problem) => !shown.has(problem),
    ),
  );
  const named = (guilty.length > 0 ? guilty : secret).map(({ name, secret }) => `${name} from ${secret}`);
  return [
    `spec.env: the value of ${named.join(' and ')} does not fit the config; what is wrong with it is not shown, because that may quote the Secret`,
  ];
}

function unknownNames(variables: readonly ResolvedVariable[], chosen: EffectiveTree | undefined): string[] {
  if (chosen === undefined) return [];
  const used = new Set(chosen.origins.map(({ variable }) => variable));
  return variables
    .filter(({ name }) => configVariable.test(name) && !used.has(name))
    .map(({ name }) => `spec.env: ${name} names no key of config.yml; correct its name or remove it`);
}

function readableSecrets(registry: Registry, open: readonly ResolvedVariable[]): string[] {
  const own = new Set(ownedConfigKeys(registry).map(({ path }) => path));
  const given = [
    { source: 'spec.config', found: effectiveTree(stringify(registry.spec.config ?? {}), {}) },
    ...open.map(({ name, value }) => ({
      source: name,
      found: effectiveTree('version: 0.1\n', { [name]: value }),
    })),
  ];
  return given.flatMap(({ source, found }) =>
    secretPlaces(found?.tree ?? null)
      .filter(({ path }) => !own.has(path))
      .map(({ path, variable }) => {
        return `${path}: a secret in ${source} can be read by all who can read the Registry; set ${variable} in spec.env with valueFrom.secretKeyRef instead`;
      }),
  );
}

/** Variables that spec.egress sets too. */
function twice({ spec }: Registry): string[] {
  const names = new Set(egressVariables(spec.egress).map(({ name }) => name));
  return (spec.env ?? [])
    .filter(({ name }) => names.has(name))
    .map(({ name }) => `spec.env: ${name} is set by spec.egress too; remove one of them`);
}

function valuesOf(variables: readonly ResolvedVariable[]): Record<string, string> {
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}

function variableOf(path: string): string {
  return `REGISTRY_${path.toUpperCase().replaceAll('.', '_')}`;
}
