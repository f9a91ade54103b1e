import { createPrivateKey } from 'node:crypto';
import { must } from '../../support/command.ts';
import type { KubeObject } from '../../support/kubernetes.ts';
import { type Copy, withoutCopy } from './copies.ts';
import { isObject, type Spec } from './spec-values.ts';

/** Objects by `KIND NAMESPACE/NAME`, without what differs between two that were made at other times and under other names. */
export type Likeness = ReadonlyMap<string, unknown>;

const certificateBlock = /-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----\n?/g;
const keyBlock =
  /-----BEGIN (?:\w+ )?PRIVATE KEY-----[\sA-Za-z0-9+/=]+-----END (?:\w+ )?PRIVATE KEY-----\n?/g;

/** Annotations that others keep, or that tell the past of an object. */
const history = [
  /^kubectl\.kubernetes\.io\//,
  /^(pv|volume|volume\.beta)\.kubernetes\.io\//,
  /^wharfinger\.dev\/(issued-because|rotate-ca|rotate-certificate|end-ca-overlap|rollout|sync)$/,
];
/** Fields of metadata that are not a matter of the spec. */
const passing = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'finalizers',
]);
/** Empty and missing is the same. */
const maps = new Set(['annotations', 'labels', 'dnsConfig']);
const hidden = new Set(['password', 'next-password', 'secret', 'auth']);

/** What certificates say, by their PEM. */
const described = new Map<string, string>();

/** @param objects those of all namespaces of the copy */
export async function likenessOf(
  objects: readonly KubeObject[],
  copy: Copy,
  nodePort: unknown,
): Promise<Likeness> {
  const plain = objects.map(decoded);
  await describeCertificates(textsIn(plain));
  const asItIs = (value: string): string => withoutCopy(plainText(value));
  // For cert-manager another `duration` is no reason to issue a certificate before its time.
  const withoutDuration = (value: string): string => asItIs(value).replaceAll(/valid for \d+ days/g, 'valid');
  return new Map(
    plain.map((object) => {
      const { namespace = '', name, annotations } = object.metadata;
      const key = asItIs(`${String(object['kind'])} ${namespace}/${name}`);
      const text = annotations?.['cert-manager.io/certificate-name'] ? withoutDuration : asItIs;
      return [key, like(object, { text, nodePort, index: copy.index })];
    }),
  );
}

/** A Secret with its data as text. */
function decoded(object: KubeObject): KubeObject {
  const { data } = object;
  if (object['kind'] !== 'Secret' || !isObject(data)) return object;
  const entries = Object.entries(data).map(([key, value]) => [
    key,
    Buffer.from(String(value), 'base64').toString(),
  ]);
  return { ...object, data: Object.fromEntries(entries) as unknown };
}

interface Manner {
  readonly text: (value: string) => string;
  readonly nodePort: unknown;
  readonly index: number;
}

function like(object: KubeObject, manner: Manner): unknown {
  const { status: _status, metadata, ...rest } = object;
  const kept = Object.fromEntries(Object.entries(metadata).filter(([name]) => !passing.has(name)));
  return alike({ ...rest, metadata: kept }, '', manner);
}

function alike(value: unknown, name: string, manner: Manner): unknown {
  if (Array.isArray(value)) return value.map((item) => alike(item, name, manner));
  if (isObject(value)) return alikeObject(value, name, manner);
  if (name === 'nodePort') return value === manner.nodePort ? Number(value) - manner.index : 'chosen';
  if (typeof value !== 'string') return value;
  if (hidden.has(name)) return `${value.length} characters`;
  if (['clusterIP', 'clusterIPs'].includes(name)) return value === 'None' ? value : 'an address';
  if (['volumeName', 'healthCheckNodePort', 'uid'].includes(name)) return undefined;
  return textLike(name, value, manner);
}

function textLike(name: string, value: string, manner: Manner): unknown {
  if (name === '.dockerconfigjson') return alike(JSON.parse(value), 'docker', manner);
  if (name === 'wharfinger.dev/trust') {
    const record = JSON.parse(value) as Record<string, { state: string }>;
    return Object.values(record).map(({ state }) => state);
  }
  return manner.text(value);
}

function alikeObject(value: Spec, name: string, manner: Manner): Spec {
  const entries = Object.entries(value)
    .filter(([key]) => name !== 'annotations' || !history.some((one) => one.test(key)))
    .map(([key, item]) => [manner.text(key), alike(item, key, manner)] as const)
    .filter(
      ([key, item]) => item !== undefined && !(maps.has(key) && Object.keys(Object(item)).length === 0),
    );
  return Object.fromEntries(entries);
}

function plainText(value: string): string {
  return value
    .replaceAll(certificateBlock, (block) => described.get(block.trim()) ?? block)
    .replaceAll(keyBlock, keyLike)
    .replaceAll(/\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}/g, 'a bcrypt hash')
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'a uid')
    .replaceAll(/\b[0-9a-f]{16,}\b/g, 'a hash')
    .replaceAll(/kube-api-access-[a-z0-9]{5}\b/g, 'kube-api-access')
    .replaceAll(/(?<=^life-)[0-9a-f]{6,10}$/g, 'a hash');
}

function keyLike(block: string): string {
  const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(block);
  const { modulusLength, namedCurve } = asymmetricKeyDetails ?? {};
  return `a key: ${asymmetricKeyType} ${modulusLength ?? namedCurve ?? ''}\n`;
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

async function describeCertificates(texts: readonly string[]): Promise<void> {
  for (const match of texts.flatMap((text) => text.match(certificateBlock) ?? [])) {
    const block = match.trim();
    if (described.has(block)) continue;
    described.set(
      block,
      certificateLike(await must(['openssl', 'x509', '-noout', '-text'], { input: block })),
    );
  }
}

/** All that openssl tells of a certificate but for times, numbers and keys; for how many days it is valid. */
function certificateLike(text: string): string {
  const time = (name: string): number => Date.parse(new RegExp(`${name}\\s*: (.*)`).exec(text)?.[1] ?? '');
  const days = Math.round((time('Not After') - time('Not Before')) / 86_400_000);
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*([0-9a-f]{2}:)+([0-9a-f]{2})?$/i.test(line))
    .filter((line) => !/Serial Number|Not (Before|After)|DirName|serial:/.test(line))
    .map((line) =>
      line
        .replace(/(keyid:)?([0-9A-F]{2}:){8,}[0-9A-F]{2}/i, 'an identifier')
        .replace(/ CA \d+$/, ' CA')
        .trim(),
    );
  return `${lines.join('\n')}\nvalid for ${days} days\n`;
}

/** Where two differ, a line each. */
export function differences(one: Likeness, other: Likeness): string[] {
  const keys = [...new Set([...one.keys(), ...other.keys()])].sort();
  return keys.flatMap((key) => {
    if (!one.has(key)) return [`${key} is missing`];
    if (!other.has(key)) return [`${key} should not be there`];
    return differing(one.get(key), other.get(key), key);
  });
}

function differing(one: unknown, other: unknown, path: string): string[] {
  if (!(isObject(one) || Array.isArray(one)) || !(isObject(other) || Array.isArray(other))) {
    const [left, right] = [one, other].map((value) =>
      value === undefined ? 'not there' : JSON.stringify(value),
    );
    return left === right ? [] : [`${path} is ${apart(left, right)}, and should be ${apart(right, left)}`];
  }
  const [left, right] = [one as Spec, other as Spec];
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return names.flatMap((name) => differing(left[name], right[name], `${path} ${name}`));
}

/** A text from shortly before where it differs from another. */
function apart(text = '', other = ''): string {
  let first = 0;
  while (first < text.length && text[first] === other[first]) first += 1;
  const from = Math.max(0, first - 60);
  return `${from > 0 ? '…' : ''}${text.slice(from, from + 200)}`;
}
