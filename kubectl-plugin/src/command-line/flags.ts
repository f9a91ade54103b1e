/** Every flag of every command, for `parseArgs`. */
export const flagTypes = {
  namespace: { type: 'string', short: 'n' },
  context: { type: 'string' },
  kubeconfig: { type: 'string' },
  registry: { type: 'string', short: 'r' },
  credentials: { type: 'string' },
  'registry-ca': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  output: { type: 'string', short: 'o' },
  timeout: { type: 'string' },
  gc: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  'dry-run': { type: 'boolean' },
  'delete-untagged': { type: 'boolean' },
  'min-age': { type: 'string' },
  wait: { type: 'boolean' },
  keep: { type: 'string' },
  schedule: { type: 'string' },
  snapshot: { type: 'string' },
  'overwrite-tags': { type: 'boolean' },
  'yes-delete-everything': { type: 'boolean' },
} as const;

export type FlagName = keyof typeof flagTypes;

/** What was given of them. */
export type Flags = {
  readonly [Name in FlagName]?: (typeof flagTypes)[Name]['type'] extends 'string' ? string : boolean;
};

/** Flags that every command takes. */
export const globalFlags: readonly FlagName[] = ['namespace', 'context', 'kubeconfig', 'registry', 'help'];

/** Flags of the commands that talk to the registry itself. */
export const registryFlags: readonly FlagName[] = ['credentials', 'registry-ca'];
