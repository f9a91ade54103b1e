import type { z } from 'zod';
import { type Branch, isBranch, parseYaml, type Tree, withoutEmptyKeys } from './document.ts';
import { applyEnvironment, sectionOf } from './environment.ts';
import { keysOf } from './keys.ts';
import { authProviders, plannedKeys, storageDrivers } from './planned.ts';
import { Config } from './schema.ts';

/** Everything that is wrong with a config.yml, one sentence each. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

export interface ParsedConfig {
  readonly config: Config;
  /** What does not hinder, one sentence each. */
  readonly warnings: string[];
}

/**
 * Reads config.yml and applies the REGISTRY_* variables of `environment`.
 * @throws ConfigError with all problems at once
 */
export function parseConfig(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): ParsedConfig {
  const parsed = parseYaml(text);
  if (parsed.problems.length > 0) throw new ConfigError(parsed.problems);
  if (!isBranch(parsed.tree))
    throw new ConfigError(['config.yml must be a mapping that begins with version: 0.1']);
  const tree = parsed.tree;
  const overrides = applyEnvironment(tree, keysOf(Config), environment);
  for (const section of ['storage', 'auth']) {
    if (typeof tree[section] === 'string') tree[section] = sectionOf(tree[section]);
  }
  const problems = [...overrides.problems, ...validateChoices(tree), ...removePlanned(tree)];
  const result = Config.safeParse(withoutEmptyKeys(tree));
  problems.push(...(result.error?.issues ?? []).flatMap((issue) => describeIssue(issue, tree)));
  if (!result.success || problems.length > 0) throw new ConfigError(problems);
  return { config: result.data, warnings: [...parsed.warnings, ...overrides.warnings] };
}

/** The one-sentence problems of a zod issue; `tree` tells a missing value from a wrong one. */
function describeIssue(issue: z.core.$ZodIssue, tree: Tree): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${[...path, key].join('.')}: unknown key; remove it or correct its name`);
  }
  const missing = valueAt(tree, path) === undefined;
  const name = path.join('.');
  if (missing && name === 'version') return ['version: is required; write version: 0.1'];
  if (missing) return [`${name}: is required`];
  if (issue.code === 'invalid_type' && issue.expected !== 'array')
    return [`${name}: must be a section with keys`];
  if (issue.code === 'invalid_type') return [`${name}: must be a list`];
  if (issue.code === 'invalid_key') return issue.issues.map((inner) => `${name}: ${inner.message}`);
  return [`${name}: ${issue.message}`];
}

function validateChoices(tree: Branch): string[] {
  return [
    ...validateChoice(tree, 'storage', 'driver', storageDrivers),
    ...validateChoice(tree, 'auth', 'provider', authProviders),
  ];
}

function validateChoice(tree: Branch, section: string, noun: string, names: readonly string[]): string[] {
  const chosen = names.filter((name) => Object.hasOwn(sectionOf(tree[section]), name));
  if (chosen.length < 2) return [];
  return [
    `${section}: ${chosen.join(' and ')} are both given, but there can be only one ${noun}; remove one of them`,
  ];
}

/** Takes out of the tree what is known but not there yet, with one sentence for each. */
function removePlanned(tree: Branch): string[] {
  const problems: string[] = [];
  for (const key of plannedKeys) {
    const path = key.split('.');
    const name = path.pop() ?? '';
    const section = valueAt(tree, path);
    if (!isBranch(section) || !Object.hasOwn(section, name)) continue;
    delete section[name];
    problems.push(`${key}: this registry does not have it yet; remove it`);
  }
  return problems;
}

function valueAt(tree: Tree, path: readonly string[]): Tree | undefined {
  let current: Tree | undefined = tree;
  for (const name of path) {
    if (Array.isArray(current)) current = current[Number(name)];
    else current = isBranch(current) ? current[name] : undefined;
  }
  return current ?? undefined;
}
