import { parseArgs } from 'node:util';

/** What `npm start` was asked for. */
export interface StartArguments {
  readonly help: boolean;
  /** Print one JSON line on stdout instead of instructions. */
  readonly json: boolean;
  /** The kubeconfig context to use; the embedded Kubernetes without it. */
  readonly context?: string;
  /** Reference of the operator's image; only beside `context`. */
  readonly image?: string;
  /** Reference of the registry's image; only beside `context`. */
  readonly registryImage?: string;
}

/** Arguments that cannot be used; the message says which and why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const startUsage = `Usage: npm start                          on a Kubernetes that it brings up on this machine (Debian, root)
       npm start -- --context NAME        on the cluster of that kubeconfig context
Options:
  --json                   print one JSON line on stdout instead of instructions
  --image REFERENCE        with --context: the operator's image, which the cluster can pull
  --registry-image REFERENCE  with --context: the registry's image, which the cluster can pull
  --help                   print this
`;

export const stopUsage = `Usage: npm stop                           stop the Kubernetes on this machine and remove what npm start wrote
       npm stop -- --context NAME         end the port forwarding to that cluster and remove the local files
`;

/** Reads the arguments of `npm start`. Throws UsageError. */
export function parseStartArguments(args: readonly string[]): StartArguments {
  const values = parse(args, {
    help: { type: 'boolean' },
    json: { type: 'boolean' },
    context: { type: 'string' },
    image: { type: 'string' },
    'registry-image': { type: 'string' },
  });
  const context = text(values, 'context');
  const image = text(values, 'image');
  const registryImage = text(values, 'registry-image');
  if (context === undefined && (image ?? registryImage) !== undefined) {
    throw new UsageError(
      '--image and --registry-image go with --context: the embedded cluster gets images built from this clone.',
    );
  }
  return { help: values['help'] === true, json: values['json'] === true, context, image, registryImage };
}

/** Reads the arguments of `npm stop`. Throws UsageError. */
export function parseStopArguments(args: readonly string[]): { help: boolean; context?: string } {
  const values = parse(args, { help: { type: 'boolean' }, context: { type: 'string' } });
  return { help: values['help'] === true, context: text(values, 'context') };
}

type Values = Record<string, string | boolean | undefined>;

function parse(args: readonly string[], options: Record<string, { type: 'string' | 'boolean' }>): Values {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function text(values: Values, name: string): string | undefined {
  const value = values[name];
  if (value === '') throw new UsageError(`--${name} needs a value.`);
  return typeof value === 'string' ? value : undefined;
}
