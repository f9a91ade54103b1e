import type { Random } from '../random.ts';
import { read } from './agreements.ts';
import type { Leaf } from './spec-schema.ts';
import type { Spec } from './spec-values.ts';

/** A wrong spec. */
export interface Mistake {
  /** What the answer must name. */
  readonly tells: RegExp;
  /** Makes a good spec wrong; undefined when it cannot be made so. */
  apply(spec: Spec): Spec | undefined;
}

/** A value that no schema of this leaf takes; undefined when it takes all. */
export function impossibleValue({ path, schema }: Leaf, random: Random): unknown {
  if (path.endsWith('*')) return undefined;
  if (schema['x-kubernetes-int-or-string'] === true) return true;
  const { type, maxLength, maximum, minimum } = schema;
  if (type === 'string') {
    if (schema.enum) return random.pick<unknown>(['NoSuch', 5]);
    return maxLength !== undefined && maxLength < 5000
      ? random.pick<unknown>([5, 'x'.repeat(maxLength + 1)])
      : 5;
  }
  if (type !== 'integer') return 'text';
  const beyond = [
    ...(maximum === undefined ? [] : [maximum + 1]),
    ...(minimum === undefined ? [] : [minimum - 1]),
  ];
  return random.pick<unknown>(['many', ...beyond]);
}

const volume = 'storage.filesystem.volume';

/** What the API server refuses by our rules. */
export const refusals: readonly Mistake[] = [
  {
    tells: /exactly one/,
    apply: (spec) => ({ ...spec, tls: { selfSigned: {}, secretName: 'serving-one' } }),
  },
  { tells: /exactly one/, apply: (spec) => ({ ...spec, tls: { trustOverlap: '1h' } }) },
  { tells: /nodePort needs type/, apply: (spec) => ({ ...spec, service: { nodePort: 31_000 } }) },
  {
    tells: /ReadWriteMany/,
    apply: (spec) => (isShareable(spec) ? undefined : { ...spec, replicas: 2 }),
  },
  {
    tells: /cannot shrink/,
    apply: (spec) =>
      read(spec, `${volume}.size`) === undefined ? undefined : withVolume(spec, { size: '1Mi' }),
  },
  {
    tells: /not a size/,
    apply: (spec) =>
      read(spec, `${volume}.size`) === undefined ? undefined : withVolume(spec, { size: 'big' }),
  },
  {
    tells: /pullSecrets names a user/,
    apply: (spec) => ({ ...spec, pullSecrets: [{ name: 'a', user: 'nobody' }] }),
  },
  {
    tells: /caBundle has nothing to give/,
    apply: (spec) => ({ ...spec, tls: { disabled: true }, caBundle: { namespaces: { names: ['a'] } } }),
  },
  { tells: /keySize does not fit/, apply: (spec) => ({ ...spec, tls: { selfSigned: { keySize: 256 } } }) },
  {
    tells: /renewBefore must be/,
    apply: (spec) => ({ ...spec, tls: { selfSigned: { validityDays: 1, renewBefore: '48h' } } }),
  },
  { tells: /out of range/, apply: (spec) => ({ ...spec, tls: { selfSigned: { renewBefore: '1s' } } }) },
  {
    tells: /not a duration/,
    apply: (spec) => ({ ...spec, tls: { disabled: true, trustOverlap: '1 hour' } }),
  },
  {
    tells: /the operator sets this variable/,
    apply: (spec) => ({ ...spec, env: [{ name: 'POD_NAME', value: 'a' }] }),
  },
  {
    tells: /egress\.caBundle/,
    apply: (spec) => ({ ...spec, env: [{ name: 'NODE_EXTRA_CA_CERTS', value: 'a' }] }),
  },
  { tells: /not a DNS name or IP/, apply: (spec) => ({ ...spec, hostname: 'Upper.example' }) },
  {
    tells: /must not hold credentials/,
    apply: (spec) => ({ ...spec, egress: { httpProxy: 'http://a:b@c:1' } }),
  },
  { tells: /not a cron schedule/, apply: (spec) => ({ ...spec, garbageCollection: { schedule: 'often' } }) },
  { tells: /noSuchField/, apply: (spec) => ({ ...spec, noSuchField: 1 }) },
  { tells: /hostname/, apply: ({ hostname: _gone, ...rest }) => rest },
];

const users = (user: object): Spec => ({ auth: { htpasswd: { users: [user] } } });
const pod = (overlay: object): Spec => ({ podTemplate: { spec: overlay } });
const withoutUsers = ({ pullSecrets: _gone, ...rest }: Spec): Spec => rest;

/** What the API server lets in, and the operator has to tell. */
export const stalls: readonly Mistake[] = [
  laid(/nosuchkey/, { config: { nosuchkey: 1 } }),
  laid(/http\.addr/, { config: { http: { addr: ':1' } } }),
  laid(/REGISTRY_LOG_LEVEL/, { env: [{ name: 'REGISTRY_LOG_LEVEL', value: 'loud' }] }),
  laid(/no-such-secret/, { tls: { secretName: 'no-such-secret' } }),
  laid(/no-such-secret/, { tls: { ca: { secretName: 'no-such-secret' } } }),
  laid(/password-one/, { tls: { secretName: 'password-one' } }),
  {
    tells: /no-such-secret/,
    apply: (spec) => ({ ...withoutUsers(spec), auth: { htpasswd: { secretName: 'no-such-secret' } } }),
  },
  {
    tells: /no-such-secret/,
    apply: (spec) => ({
      ...withoutUsers(spec),
      ...users({ name: 'ci', passwordSecretRef: { name: 'no-such-secret' } }),
    }),
  },
  laid(/no-such-secret/, {
    env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'no-such-secret', key: 'a' } } }],
  }),
  laid(/no-such-map/, { egress: { caBundle: { configMapKeyRef: { name: 'no-such-map' } } } }),
  laid(/limit/, { resources: { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } } }),
  laid(/nodePort/, { service: { type: 'NodePort', nodePort: 80 } }),
  laid(/nodeAffinity/, { affinity: { nodeAffinity: 5 } }),
  laid(/noSuchAffinity/, { affinity: { noSuchAffinity: {} } }),
  laid(/nameservers/, pod({ dnsConfig: { nameservers: 'text' } })),
  laid(/emptyDir/, pod({ volumes: [{ name: 'wrong', emptyDir: 5 }] })),
  laid(/runAsUser/, pod({ securityContext: { runAsUser: 'root' } })),
  laid(/volumes\[data\]/, pod({ volumes: [{ name: 'data', emptyDir: {} }] })),
  laid(/containers\[registry\]\.command/, pod({ containers: [{ name: 'registry', command: ['sh'] }] })),
  laid(/has no image/, pod({ containers: [{ name: 'side' }] })),
  laid(/app\.kubernetes\.io\/instance/, {
    podTemplate: { metadata: { labels: { 'app.kubernetes.io/instance': 'a' } } },
  }),
  laid(/schedule/, { garbageCollection: { schedule: '61 0 * * *' } }),
  laid(/No\/Such/, { garbageCollection: { schedule: '0 3 29 2 *', timeZone: 'No/Such' } }),
  {
    tells: /stranger/,
    apply: (spec) => ({
      ...spec,
      ...users({ name: 'ci' }),
      pullSecrets: [{ name: 'pull', user: 'ci', namespaces: { names: ['NAMESPACE-stranger'] } }],
    }),
  },
  {
    tells: /no-such-account/,
    apply: (spec) => ({
      ...spec,
      ...users({ name: 'ci' }),
      pullSecrets: [{ name: 'pull', user: 'ci', serviceAccounts: ['no-such-account'] }],
    }),
  },
];

function laid(tells: RegExp, over: Spec): Mistake {
  return { tells, apply: (spec) => ({ ...('tls' in over ? withoutBundle(spec) : spec), ...over }) };
}

function withoutBundle({ caBundle: _gone, ...rest }: Spec): Spec {
  return rest;
}

/** Whether pods of several replicas could use the volume. */
export function isShareable(spec: Spec): boolean {
  const modes = (read(spec, `${volume}.accessModes`) ?? []) as string[];
  return read(spec, `${volume}.existingClaim`) !== undefined || modes.includes('ReadWriteMany');
}

function withVolume(spec: Spec, change: Spec): Spec {
  const present = read(spec, volume) as Spec;
  const storage = spec['storage'] as Spec;
  return { ...spec, storage: { ...storage, filesystem: { volume: { ...present, ...change } } } };
}
