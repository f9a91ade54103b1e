import { parse } from 'yaml';

/** A Registry as far as `npm start` deals with it. */
export interface RegistryDocument {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly generation?: number };
  readonly spec: {
    readonly hostname: string;
    readonly auth?: { readonly htpasswd?: { readonly users?: readonly { readonly name: string }[] } };
    readonly [field: string]: unknown;
  };
}

/** What is set beside the example's own fields, by where the cluster is reached. */
export interface RegistrySettings {
  readonly hostname?: string;
  readonly service?: { readonly type: 'NodePort'; readonly nodePort: number };
  readonly tls?: { readonly selfSigned: { readonly dnsNames: string[]; readonly ipAddresses: string[] } };
}

/** The example Registry in `text` (YAML) with `settings` in place of its own. */
export function renderExample(text: string, settings: RegistrySettings): RegistryDocument {
  const example = parse(text) as RegistryDocument;
  return { ...example, spec: { ...example.spec, ...settings } };
}

/** The name of the Registry's first user. Throws when it has none. */
export function firstUser({ spec }: RegistryDocument): string {
  const name = spec.auth?.htpasswd?.users?.[0]?.name;
  if (name === undefined)
    throw new Error('The example Registry has no user in spec.auth.htpasswd.users: add one.');
  return name;
}
