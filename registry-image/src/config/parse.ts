import type { z } from 'zod';
import {
  type Branch,
  isBranch,
  ownValue,
  parseYaml,
  setOwnValue,
  type Tree,
  withoutEmptyKeys,
} from './document.ts';
import { applyEnvironment, type Overrides, sectionOf } from './environment.ts';
import type { Exclusive } from './key-meta.ts';
import { Config, configKeys } from './schema.ts';
import { survey } from './survey.ts';

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
  const { config, problems, warnings } = readConfig(text, environment);
  if (!config || problems.length > 0) throw new ConfigError(problems);
  return { config, warnings };
}

interface Reading {
  /** Undefined when something is wrong; there when all that hinders is not there yet. */
  readonly config?: Config;
  readonly problems: string[];
  readonly warnings: string[];
}

/** What parseConfig finds, problems included. */
export function readConfig(text: string, environment: Readonly<Record<string, string | undefined>>): Reading {
  const parsed = parseYaml(text);
  if (parsed.problems.length > 0) return parsed;
  if (!isBranch(parsed.tree)) {
    return { ...parsed, problems: ['config.yml must be a mapping that begins with version: 0.1'] };
  }
  const overrides = applyEnvironment(parsed.tree, configKeys, environment);
  const choices = settleChoices(parsed.tree);
  const tree = withoutEmptyKeys(parsed.tree);
  const found = survey(tree, configKeys);
  const result = Config.safeParse(tree);
  const wrong = (result.error?.issues ?? []).flatMap((issue) => describeIssue(issue, tree, overrides));
  return {
    config: result.data,
    problems: [...overrides.problems, ...choices, ...found.planned, ...wrong],
    warnings: [...parsed.warnings, ...overrides.warnings, ...found.warnings],
  };
}

/** The one-sentence problems of a zod issue; `tree` tells a missing value from a wrong one. */
function describeIssue(issue: z.core.$ZodIssue, tree: Tree, overrides: Overrides): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${[...path, key].join('.')}: unknown key; remove it or correct its name`);
  }
  const origin = overrides.origins.findLast((set) => set.path.every((name, index) => name === path[index]));
  const from = origin ? ` (from ${origin.variable})` : '';
  return messagesOf(issue, valueAt(tree, path) === undefined).map(
    (message) => `${path.join('.')}: ${message}${from}`,
  );
}

function messagesOf(issue: z.core.$ZodIssue, missing: boolean): string[] {
  if (missing && issue.path.join('.') === 'version') return ['is required; write version: 0.1'];
  if (missing && !issue.message.startsWith('is required')) return ['is required'];
  if (issue.code === 'invalid_type' && issue.expected === 'array') return ['must be a list'];
  if (issue.code === 'invalid_type') return ['must be a section with keys'];
  return issue.code === 'invalid_key' ? issue.issues.map((inner) => inner.message) : [issue.message];
}

/**
 * Brings the sections of which one key is chosen into one form (`storage: inmemory` and `storage: {inmemory: }` are
 * `storage: {inmemory: {}}`), and says where more than one is chosen.
 */
function settleChoices(tree: Branch): string[] {
  if (configKeys.kind !== 'section') return [];
  return [...configKeys.children].flatMap(([name, { meta }]) => {
    const given = ownValue(tree, name);
    if (!meta.exclusive || given === undefined) return [];
    const section = typeof given === 'string' ? sectionOf(given) : given;
    setOwnValue(tree, name, section);
    return isBranch(section) ? settleChoice(section, name, meta.exclusive) : [];
  });
}

function settleChoice(section: Branch, name: string, { noun, keys }: Exclusive): string[] {
  const chosen = keys.filter((key) => Object.hasOwn(section, key));
  for (const key of chosen) section[key] ??= {};
  if (chosen.length < 2) return [];
  return [
    `${name}: ${chosen.join(' and ')} are both given, but there can be only one ${noun}; keep one of them`,
  ];
}

function valueAt(tree: Tree, path: readonly string[]): Tree | undefined {
  let current: Tree | undefined = tree;
  for (const name of path) {
    if (Array.isArray(current)) current = current[Number(name)];
    else current = isBranch(current) ? ownValue(current, name) : undefined;
  }
  return current ?? undefined;
}
