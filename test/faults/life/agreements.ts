import { isObject, type Spec } from './spec-values.ts';

/** Reads `a.b.0.c`. */
export function read(spec: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], spec);
}

function objectAt(spec: unknown, path: string): Spec | undefined {
  const value = read(spec, path);
  return isObject(value) ? value : undefined;
}

function itemsAt(spec: unknown, path: string): Spec[] {
  const value = read(spec, path);
  return Array.isArray(value) ? (value as Spec[]) : [];
}

/** Whether a leaf at or below this path is being changed. */
type Touched = (path: string) => boolean;

/** Makes fields agree that rules no pattern could read tie together. What is being changed stays, if it can. */
export function agree(spec: Spec, touched: Touched): void {
  for (const one of [names, users, exposure, routes, keys, retention, selectors, tolerations, pods, claims]) {
    one(spec, touched);
  }
}

/** The keys of a list by name must differ, and a generated password needs a plain name. */
function names(spec: Spec): void {
  for (const path of ['auth.htpasswd.users', 'env', 'pullSecrets']) {
    const items = itemsAt(spec, path);
    const distinct = new Map(items.toReversed().map((item) => [item['name'], item]));
    if (distinct.size < items.length) items.splice(0, items.length, ...distinct.values());
  }
  for (const variable of itemsAt(spec, 'env')) {
    if (variable['value'] === undefined && variable['valueFrom'] === undefined) variable['value'] = 'one';
  }
}

/** Pull secrets are those of users in the spec. */
function users(spec: Spec, touched: Touched): void {
  const wanted = itemsAt(spec, 'pullSecrets').map((secret) => String(secret['user']));
  if (wanted.length === 0) return;
  const htpasswd = objectAt(spec, 'auth.htpasswd');
  if (!touched('pullSecrets') && htpasswd?.['users'] === undefined) {
    delete spec['pullSecrets'];
    return;
  }
  const present = itemsAt(htpasswd, 'users');
  const known = present.map((user) => String(user['name']));
  if (touched('auth.htpasswd.users[].name')) {
    for (const secret of itemsAt(spec, 'pullSecrets'))
      if (!known.includes(String(secret['user']))) secret['user'] = known[0];
    return;
  }
  const missing = wanted.filter((name) => !known.includes(name));
  const { secretName: _secret, ...kept } = htpasswd ?? {};
  const all = [...present, ...[...new Set(missing)].map((name) => ({ name }))];
  spec['auth'] = { htpasswd: { ...kept, users: all } };
}

function exposure(spec: Spec, touched: Touched): void {
  const service = objectAt(spec, 'service');
  const type = service?.['type'] ?? 'ClusterIP';
  if (service?.['nodePort'] !== undefined && type === 'ClusterIP') {
    if (touched('service.type')) delete service['nodePort'];
    else service['type'] = 'NodePort';
  }
  if (read(spec, 'tls.disabled') === true) delete spec['caBundle'];
}

/** A route leads to a DNS name, and what hands connections on leads to a registry that serves TLS. */
function routes(spec: Spec, touched: Touched): void {
  const [ingress, gateway] = ['ingress', 'gateway'].map((name) => objectAt(spec, name));
  if (ingress?.['tls'] === 'Passthrough') {
    if (touched('ingress.tlsSecretName')) delete ingress['tls'];
    else delete ingress['tlsSecretName'];
  }
  if (/^[0-9.]+(DIGIT)?$/.test(textOr(spec['hostname'], ''))) {
    if (!touched('hostname') && (ingress ?? gateway)) spec['hostname'] = 'one.COPY.test';
    else for (const name of ['ingress', 'gateway']) delete spec[name];
  }
  if (read(spec, 'tls.disabled') !== true) return;
  if (ingress?.['tls'] === 'Passthrough') delete ingress['tls'];
  if (gateway?.['route'] === 'TLSRoute') delete gateway['route'];
}

/** Sizes fit the algorithm; keys of 4096 bits take too long to be made often. */
function keys(spec: Spec, touched: Touched): void {
  for (const path of ['tls.selfSigned', 'tls.ca', 'tls.certManager'] as const) {
    const issuer = objectAt(spec, path);
    if (issuer === undefined) continue;
    fitSize(issuer, 'RSA', touched(`${path}.keySize`));
    if (path !== 'tls.selfSigned') continue;
    const authority = objectAt(issuer, 'ca') ?? {};
    const algorithm = textOr(authority['keyAlgorithm'], textOr(issuer['keyAlgorithm'], 'RSA'));
    fitSize(authority, algorithm, touched(`${path}.ca.keySize`));
    if (textOr(authority['keyAlgorithm'], algorithm) === 'RSA') authority['keySize'] ??= 2048;
    if (Object.keys(authority).length > 0) issuer['ca'] = authority;
  }
}

function textOr(value: unknown, other: string): string {
  return typeof value === 'string' ? value : other;
}

function fitSize(holder: Spec, inherited: string, isSizeWanted: boolean): void {
  const size = holder['keySize'];
  if (size === undefined) return;
  const fitting = Number(size) < 2048 ? 'ECDSA' : 'RSA';
  if ((holder['keyAlgorithm'] ?? inherited) === fitting) return;
  if (isSizeWanted) holder['keyAlgorithm'] = fitting;
  else delete holder['keySize'];
}

function retention(spec: Spec): void {
  const keeps = ['keepLast', 'keepYoungerThan', 'keepPulledWithin', 'keepMatching'];
  for (const rule of itemsAt(spec, 'garbageCollection.template.retention')) {
    if (keeps.every((keep) => rule[keep] === undefined)) rule['keepLast'] = 5;
  }
}

function selectors(spec: Spec, touched: Touched): void {
  const holders = [objectAt(spec, 'caBundle'), ...itemsAt(spec, 'pullSecrets')];
  const prefixes = ['caBundle', ...itemsAt(spec, 'pullSecrets').map(() => 'pullSecrets[]')];
  for (const [index, holder] of holders.entries()) {
    const namespaces = objectAt(holder, 'namespaces');
    if (namespaces === undefined) continue;
    if (namespaces['names'] === undefined && namespaces['selector'] === undefined)
      namespaces['names'] = ['NAMESPACE-friend'];
    for (const expression of itemsAt(namespaces, 'selector.matchExpressions')) {
      const path = `${prefixes[index]}.namespaces.selector.matchExpressions[].values`;
      fitValues(expression, touched(path));
    }
  }
}

function fitValues(expression: Spec, areValuesWanted: boolean): void {
  const takesValues = ['In', 'NotIn'].includes(String(expression['operator']));
  const has = expression['values'] !== undefined;
  if (takesValues === has) return;
  if (takesValues) expression['values'] = ['friend'];
  else if (areValuesWanted) expression['operator'] = 'In';
  else delete expression['values'];
}

/** As the API server wants them in a pod. */
function tolerations(spec: Spec, touched: Touched): void {
  for (const path of ['tolerations', 'podTemplate.spec.tolerations']) {
    for (const one of itemsAt(spec, path)) {
      if (one['value'] !== undefined && one['operator'] === 'Exists') {
        if (touched(`${path}[].operator`)) delete one['value'];
        else one['operator'] = 'Equal';
      }
      if (one['key'] === undefined) {
        if (one['operator'] === 'Exists') continue;
        one['key'] = 'life.example/one';
      }
      if (one['tolerationSeconds'] === undefined || one['effect'] === 'NoExecute') continue;
      if (touched(`${path}[].effect`)) delete one['tolerationSeconds'];
      else one['effect'] = 'NoExecute';
    }
  }
}

/** Values that no pod of the embedded cluster would start with. */
const unstartable: Readonly<Record<string, (value: unknown) => boolean>> = {
  image: (value) => value !== 'IMAGE',
  'podTemplate.spec.schedulerName': (value) => value !== 'default-scheduler',
  // Has to be that of the priority class.
  'podTemplate.spec.preemptionPolicy': () => true,
};

function pods(spec: Spec): void {
  const pod = objectAt(spec, 'podTemplate.spec');
  if (pod?.['dnsPolicy'] === 'None' && read(pod, 'dnsConfig.nameservers') === undefined)
    pod['dnsConfig'] = { ...objectAt(pod, 'dnsConfig'), nameservers: ['10.87.0.10'] };
  if (!(Number(spec['replicas'] ?? 1) > 0)) return;
  for (const [path, isWrong] of Object.entries(unstartable)) {
    const name = path.split('.').at(-1) ?? '';
    const holder = path === name ? spec : objectAt(spec, path.slice(0, -name.length - 1));
    if (holder?.[name] !== undefined && isWrong(holder[name])) delete holder[name];
  }
}

function claims(spec: Spec, touched: Touched): void {
  const volume = objectAt(spec, 'storage.filesystem.volume') ?? {};
  if (volume['existingClaim'] === undefined || volume['reclaimPolicy'] !== 'Delete') return;
  if (touched('storage.filesystem.volume.reclaimPolicy')) volume['reclaimPolicy'] = 'Retain';
  else delete volume['reclaimPolicy'];
}
