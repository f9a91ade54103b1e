type Table = Record<string, readonly unknown[]>;

function under(prefix: string, table: Table): Table {
  return Object.fromEntries(Object.entries(table).map(([path, values]) => [`${prefix}.${path}`, values]));
}

function authentication(): Table {
  return under('auth.htpasswd', {
    'users[].name': ['ci', 'dora', 'emil'],
    'users[].passwordSecretRef.name': ['password-one', 'password-two'],
    'users[].passwordSecretRef.key': ['password', 'other'],
    'users[].rotation': ['first', 'second', '2026-01-01'],
    // The lived one shows former passwords for as long.
    passwordOverlap: ['0s', '1s', '2s'],
    secretName: ['users-one', 'users-two'],
  });
}

function targets(): Table {
  return {
    names: [['NAMESPACE-friend'], ['NAMESPACE-second'], ['NAMESPACE-friend', 'NAMESPACE-second']],
    'selector.matchLabels': [{ life: 'friend' }, { life: 'second' }, {}],
    'selector.matchExpressions[].key': ['life', 'tier'],
    'selector.matchExpressions[].values': [['friend'], ['second', 'friend'], ['nobody']],
  };
}

function sharing(): Table {
  return {
    'pullSecrets[].name': ['pull-one', 'pull-two', 'pull.three'],
    'pullSecrets[].user': ['ci', 'dora', 'emil'],
    'pullSecrets[].serviceAccounts': [['builder'], ['builder', 'runner'], ['runner']],
    ...under('pullSecrets[].namespaces', targets()),
    'caBundle.configMapName': ['bundle-one', 'bundle-two', 'bundle.three'],
    ...under('caBundle.namespaces', targets()),
  };
}

function environment(): Table {
  return {
    'env[].name': ['LIFE_ONE', 'LIFE_TWO', 'LIFE_THREE'],
    'env[].value': ['one', '', 'two\nlines $(HOME) "quoted"'],
    ...under('env[].valueFrom', {
      'secretKeyRef.name': ['settings-one', 'settings-two'],
      'secretKeyRef.key': ['one', 'two'],
      'configMapKeyRef.name': ['settings-one', 'settings-two'],
      'configMapKeyRef.key': ['one', 'two'],
    }),
    config: [
      { log: { level: 'debug' } },
      { http: { headers: { 'X-Life': ['one', 'two'] } } },
      { log: { accesslog: { disabled: true } }, storage: { maintenance: { uploadpurging: { age: '48h' } } } },
      {},
    ],
    'egress.httpProxy': ['http://proxy-one.example:3128', 'http://proxy-two.example:3128'],
    'egress.httpsProxy': ['http://proxy-one.example:3128', 'https://proxy-two.example'],
    'egress.noProxy': [['one.example'], ['two.example', '.three.example'], ['10.0.0.0/8']],
    ...under('egress.caBundle', {
      'configMapKeyRef.name': ['authorities-one', 'authorities-two'],
      'configMapKeyRef.key': ['ca.crt', 'more.crt'],
      'secretKeyRef.name': ['authorities-one', 'authorities-two'],
      'secretKeyRef.key': ['ca.crt', 'more.crt'],
    }),
  };
}

function collections(): Table {
  const patterns = [['team/*'], ['team/app', '**'], ['*']];
  return under('garbageCollection', {
    // None of them comes while a campaign runs.
    schedule: ['0 3 29 2 *', '30 4 29 2 *', '15 5 29 2 *'],
    timeZone: ['Europe/Berlin', 'Asia/Tokyo', 'America/New_York'],
    jitter: ['0s', '30m', '2h'],
    startingDeadline: ['1h', '90m', '48h'],
    successfulRunsHistoryLimit: [0, 1, 5],
    failedRunsHistoryLimit: [0, 1, 5],
    'template.minAge': ['1h', '24h', '720h'],
    'template.repositories': patterns,
    'template.undoFor': ['0s', '1h', '24h'],
    'template.windowTimeout': ['10s', '60s', '2m'],
    'template.timeout': ['1m', '10m', '1h'],
    'template.retention[].repositories': patterns,
    'template.retention[].keepMatching': [['v*'], ['latest', 'v1.*'], ['*']],
    'template.retention[].keepLast': [1, 5, 100],
    'template.retention[].keepYoungerThan': ['24h', '720h', '90m'],
    'template.retention[].keepPulledWithin': ['24h', '720h', '8760h'],
  });
}

function storage(): Table {
  return under('storage.filesystem.volume', {
    size: ['64Mi', '65Mi', '66Mi'],
    storageClassName: ['standard', 'life-other'],
    accessModes: [['ReadWriteOnce'], ['ReadWriteMany'], ['ReadWriteOnce', 'ReadWriteMany']],
    existingClaim: ['brought-one', 'brought-two'],
  });
}

function issued(): Table {
  return {
    validityDays: [90, 365, 825],
    renewBefore: ['24h', '48h', '240h'],
    'subject.country': ['DE', 'FR', 'JP'],
    'subject.locality': ['Kiel', 'Köln', 'Brest'],
    'subject.organization': ['One & Sons', 'Two', 'Drei'],
    dnsNames: [['more.COPY.test'], ['more.COPY.test', 'again.COPY.test'], []],
    ipAddresses: [['10.77.1.1'], ['10.77.1.2', 'fd00:77::1'], []],
    'intermediate.validityDays': [60, 200, 1825],
    crlDistributionPoints: [['http://crl.example/one'], ['http://crl.example/two'], []],
    ocspServers: [['http://ocsp.example/one'], ['http://ocsp.example/two'], []],
    issuingCertificateURLs: [['http://ca.example/one'], ['http://ca.example/two'], []],
  };
}

function certificates(): Table {
  return under('tls', {
    ...under('selfSigned', issued()),
    'selfSigned.ca.validityDays': [400, 1000, 3650],
    'selfSigned.ca.renewBefore': ['24h', '72h', '720h'],
    ...under('ca', issued()),
    'ca.secretName': ['authority-one', 'authority-two'],
    ...under('certManager', {
      'issuerRef.name': ['issuer-one', 'issuer-two'],
      'issuerRef.kind': ['Issuer', 'ClusterIssuer'],
      'issuerRef.group': ['cert-manager.io'],
      duration: ['2160h', '4000h', '720h'],
      renewBefore: ['24h', '240h', '5m'],
      dnsNames: issued()['dnsNames'] ?? [],
      ipAddresses: issued()['ipAddresses'] ?? [],
    }),
    secretName: ['serving-one', 'serving-two'],
    disabled: [true],
    trustOverlap: ['0s', '1s', '720h'],
  });
}

function exposure(): Table {
  return {
    externalURL: ['https://outer.COPY.test', 'https://outer.COPY.test:8443', 'https://one.COPY.test:444'],
    ...under('ingress', {
      className: ['nginx', 'traefik'],
      annotations: labels,
      tlsSecretName: ['serving-one', 'serving-two'],
    }),
    ...under('gateway', {
      annotations: labels,
      'parentRefs[].name': ['gateway', 'another'],
      'parentRefs[].namespace': ['NAMESPACE-friend', 'NAMESPACE-second'],
      'parentRefs[].sectionName': ['https', 'tls'],
    }),
  };
}

function service(): Table {
  return under('service', {
    port: [443, 5000, 8443],
    nodePort: [31_510, 31_520, 31_530],
    annotations: [{ 'life.example/one': '1' }, { 'life.example/one': '2', 'life.example/two': '' }, {}],
  });
}

function affinity(weight: number): object {
  const preference = {
    matchExpressions: [{ key: 'kubernetes.io/os', operator: 'In', values: ['linux'] }],
  };
  return {
    nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight, preference }] },
  };
}

const labels = [{ 'life.example/one': '1' }, { 'life.example/two': '2', 'life.example/one': '3' }, {}];
const nodeLabels = [
  { 'kubernetes.io/os': 'linux' },
  { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' },
  { 'kubernetes.io/arch': 'amd64' },
];

function toleration(prefix: string): Table {
  return under(prefix, {
    key: ['life.example/one', 'life.example/two'],
    value: ['one', 'two'],
    tolerationSeconds: [60, 300],
  });
}

function pods(): Table {
  return {
    // A limit is a request too, where none is given; pods of both copies share a node of two cores.
    'resources.limits': [{ memory: '512Mi' }, { memory: 629145600, cpu: '0.4' }, { cpu: '400m' }],
    'resources.requests': [{ memory: '64Mi' }, { cpu: '10m', memory: '128Mi' }, { cpu: '0.02' }],
    nodeSelector: nodeLabels,
    ...toleration('tolerations[]'),
    affinity: [affinity(1), affinity(50), {}],
    podAnnotations: labels,
  };
}

const restricted = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};
const script = "setInterval(() => {}, 1e6); process.on('SIGTERM', () => process.exit())";
const sidecar = { image: 'IMAGE', command: ['node', '-e', script], securityContext: restricted };
const initial = { image: 'IMAGE', command: ['node', '-e', '0'], securityContext: restricted };

function podTemplate(): Table {
  const spread = (maxSkew: number, topologyKey: string): object => ({
    maxSkew,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: { life: 'yes' } },
  });
  return {
    'podTemplate.metadata.labels': [{ life: 'one' }, { life: 'two', more: 'yes' }, {}],
    'podTemplate.metadata.annotations': labels,
    ...under('podTemplate.spec', {
      affinity: [affinity(2), affinity(60), {}],
      'containers[].name': ['side', 'aside'],
      'containers[].*': [sidecar, { ...sidecar, env: [{ name: 'ONE', value: '1' }] }],
      'initContainers[].name': ['before', 'first'],
      'initContainers[].*': [initial, { ...initial, env: [{ name: 'ONE', value: '' }] }],
      'volumes[].name': ['more', 'others'],
      'volumes[].*': [
        { emptyDir: {} },
        { emptyDir: { medium: 'Memory' } },
        { configMap: { name: 'settings-one' } },
      ],
      'imagePullSecrets[].name': ['none-yet', 'nor-this'],
      'hostAliases[].ip': ['192.0.2.1', '192.0.2.2'],
      'hostAliases[].hostnames': [['one.example'], ['two.example', 'three.example']],
      priorityClassName: ['life-one', 'life-two'],
      schedulerName: ['default-scheduler', 'another-scheduler'],
      runtimeClassName: ['life-one', 'life-two'],
      serviceAccountName: ['default', 'runner'],
      dnsConfig: [{ options: [{ name: 'ndots', value: '2' }] }, { searches: ['one.example'] }, {}],
      securityContext: [{ fsGroupChangePolicy: 'Always' }, { supplementalGroups: [2000] }, {}],
      topologySpreadConstraints: [
        [spread(1, 'kubernetes.io/hostname')],
        [spread(2, 'topology.kubernetes.io/zone')],
        [],
      ],
      nodeSelector: nodeLabels,
      ...toleration('tolerations[]'),
    }),
  };
}

/**
 * Values for the leaves of a Registry's spec that no schema could make up. `COPY` in a text becomes the name of the copy of the Registry, `DIGIT` its
 * number, `NAMESPACE` its namespace, `IMAGE` the image of the operator's release. What is named exists (fixtures.ts).
 */
export const settings: Readonly<Record<string, readonly unknown[]>> = {
  hostname: ['one.COPY.test', 'two.COPY.test', '10.77.0.1DIGIT', 'three.COPY.test'],
  image: ['IMAGE', 'images.example/one:1', 'images.example/two:2'],
  workers: [1, 2, 3],
  ...authentication(),
  ...sharing(),
  ...environment(),
  ...collections(),
  ...storage(),
  ...certificates(),
  ...exposure(),
  ...service(),
  ...pods(),
  ...podTemplate(),
};
