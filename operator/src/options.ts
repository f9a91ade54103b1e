import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';

const namespaceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** `:8080` or `127.0.0.1:8080`. */
const Address = z
  .string()
  .regex(/^(.*):([0-9]{1,5})$/, 'must be HOST:PORT or :PORT')
  .transform((text) => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65_535, 'must have a port up to 65535');

/** Options of the operator; each is an environment variable and a flag. */
export const Options = z.object({
  WATCH_NAMESPACE: z
    .string()
    .default('')
    .transform(namesIn)
    .refine(
      (names) => names.every((name) => namespaceName.test(name)),
      'must be namespaces, separated by commas',
    ),
  OPERATOR_NAMESPACE: z
    .string('must be set to the namespace of the operator')
    .regex(namespaceName, 'must be a namespace'),
  POD_NAME: z.string().min(1).default(hostname()),
  METRICS_NAMESPACES: z
    .string()
    .default('')
    .transform(namesIn)
    .refine(
      (names) => names.every((name) => name === '*' || namespaceName.test(name)),
      'must be namespaces, separated by commas, or *',
    ),
  REGISTRY_IMAGE: z
    .string('must be set to the image that registries run')
    .min(1, 'must be set to the image that registries run'),
  NODE_TRUST_NAMESPACE: z.string().regex(namespaceName, 'must be a namespace').optional(),
  NODE_TRUST_IMAGE: z.string().min(1).optional(),
  LEADER_ELECT: z
    .enum(['true', 'false'], 'must be true or false')
    .default('true')
    .transform((text) => text === 'true'),
  LEASE_NAME: z.string().min(1).default('wharfinger'),
  METRICS_ADDR: Address.prefault(':8080'),
  HEALTH_ADDR: Address.prefault(':8081'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'], 'must be trace, debug, info, warn or error')
    .default('info'),
  KUBECONFIG: z.string().min(1).optional(),
  CONTEXT: z.string().min(1).optional(),
});
export type Options = z.infer<typeof Options>;
export type Address = z.infer<typeof Address>;

/** What is wrong with the command line or the environment, in one sentence for each option. */
export class OptionsError extends Error {}

type Name = keyof Options;
const names = Object.keys(Options.shape) as Name[];

/** `WATCH_NAMESPACE` -> `watch-namespace`. */
export function flagOf(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/**
 * Options from flags, which go first, and environment variables. An empty variable counts as unset.
 * Throws `OptionsError`.
 */
export function readOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Options {
  const flags = readFlags(args);
  // CONTEXT is too common a name for a variable: as a flag only.
  const inherited = names
    .filter((name) => name !== 'CONTEXT')
    .map((name) => [name, environment[name] || undefined]);
  const given = names.flatMap((name) =>
    flags[flagOf(name)] === undefined ? [] : [[name, flags[flagOf(name)]]],
  );
  const result = Options.safeParse({ ...Object.fromEntries(inherited), ...Object.fromEntries(given) });
  if (result.success) return result.data;
  throw new OptionsError(result.error.issues.map(sentence).join('\n'));
}

function namesIn(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function readFlags(args: readonly string[]): Record<string, string | undefined> {
  const options = Object.fromEntries(names.map((name) => [flagOf(name), { type: 'string' as const }]));
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new OptionsError(error instanceof Error ? error.message : String(error));
  }
}

function sentence(issue: z.core.$ZodIssue): string {
  const name = String(issue.path[0] ?? '');
  return `${name} (--${flagOf(name)}) ${issue.message}`;
}
