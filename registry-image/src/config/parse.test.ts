import { describe, expect, it } from 'vitest';
import { findConfigPath } from './location.ts';
import { ConfigError, parseConfig } from './parse.ts';

function problemsOf(text: string, environment: Record<string, string> = {}): readonly string[] {
  try {
    parseConfig(text, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('config.yml', () => {
  it('has the defaults of distribution', () => {
    const { config, warnings } = parseConfig('version: 0.1', {});
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      log: { level: 'info', formatter: 'text', accesslog: { disabled: false } },
      storage: {
        filesystem: { rootdirectory: '/var/lib/registry', maxthreads: 100 },
        delete: { enabled: false },
        maintenance: {
          uploadpurging: { enabled: true, age: 604_800_000, interval: 86_400_000, dryrun: false },
          readonly: { enabled: false },
        },
      },
      auth: {},
      http: { addr: ':5000', net: 'tcp', prefix: '', relativeurls: false, draintimeout: 0, headers: {} },
      health: { storagedriver: { enabled: false, interval: 10_000, threshold: 0 } },
      wharfinger: { workers: 2, gc: { minage: 86_400_000 }, hold: { timeout: 10_000, limit: 1000 } },
    });
  });

  it("reads the documents' example", () => {
    const { config } = parseConfig(
      `version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/registry
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
auth:
  htpasswd:
    realm: basic-realm
    path: /etc/registry
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
`,
      {},
    );
    expect(config.http.headers).toEqual({ 'X-Content-Type-Options': ['nosniff'] });
    expect(config.auth.htpasswd).toEqual({ realm: 'basic-realm', path: '/etc/registry' });
    expect(config.health.storagedriver).toEqual({ enabled: true, interval: 10_000, threshold: 3 });
  });

  it('keeps text as it was written', () => {
    expect(parseConfig('version: 0.1\nhttp: {secret: 0123, prefix: /a/b/}', {}).config.http).toMatchObject({
      secret: '0123',
      prefix: '/a/b',
    });
  });

  it('takes an empty http.secret for none, as distribution does', () => {
    expect(parseConfig('version: 0.1\nhttp: {secret: ""}', {}).config.http.secret).toBeUndefined();
  });

  it.each(['/a(b', '/:any', '/*', '/x?y', '/a b', '/a+b', '/a%20b', '/a/../b'])(
    'refuses the prefix %s, which would be a pattern or no path',
    (prefix) => {
      expect(problemsOf(`version: 0.1\nhttp: {prefix: "${prefix}"}`)).toEqual([
        'http.prefix: must be a path of letters, digits and . _ ~ -, such as /registry',
      ]);
    },
  );

  it('takes sections that are there but empty', () => {
    const { config } = parseConfig(
      'version: 0.1\nlog:\nstorage:\n  filesystem:\n  delete: {}\nhttp: ~\n',
      {},
    );
    expect(config.storage.filesystem.rootdirectory).toBe('/var/lib/registry');
  });

  it('warns of keys that are there twice and uses the last', () => {
    const { config, warnings } = parseConfig('version: 0.1\nhttp: {addr: ":1"}\nhttp: {addr: ":2"}\n', {});
    expect(config.http.addr).toBe(':2');
    expect(warnings).toEqual(['http: the key is there twice; the last one is used']);
  });

  it('says where a key is there twice, once for each', () => {
    const text = `version: 0.1
health:
  http:
    - {uri: 'https://a.example', timeout: 1s}
    - {uri: 'https://b.example', timeout: 1s, timeout: 2s, timeout: 3s}
middleware:
  storage: [{name: redirect, options: {baseurl: 'https://a.example'}}]
  storage: [{name: rewrite}]
`;
    const { config, warnings } = parseConfig(text, {});
    expect(config.health.http[1]?.timeout).toBe(3000);
    expect(config.middleware.storage.map(({ name }) => name)).toEqual(['rewrite']);
    expect(warnings).toEqual([
      'health.http.1.timeout: the key is there twice; the last one is used',
      'middleware.storage: the key is there twice; the last one is used',
    ]);
  });

  it.each([
    ['http: {draintimeout: 10000000000}', { http: { draintimeout: 10_000 } }],
    ['http: {draintimeout: 0}', { http: { draintimeout: 0 } }],
    ['log: {level: WARN}', { log: { level: 'warn' } }],
    ['loglevel: debug', { log: { level: 'debug' } }],
    ['loglevel: debug\nlog: {level: error}', { log: { level: 'error' } }],
    ['storage: inmemory', { storage: { inmemory: {} } }],
    ['storage: {inmemory: }', { storage: { inmemory: {} } }],
    ['storage: {filesystem: {maxthreads: 3}}', { storage: { filesystem: { maxthreads: 25 } } }],
    ['storage: {cache: {layerinfo: inmemory}}', { storage: { cache: { blobdescriptor: 'inmemory' } } }],
    [
      'catalog: {maxentries: 0}\ntags: {maxtags: 0}',
      { catalog: { maxentries: 1000 }, tags: { maxtags: 1000 } },
    ],
    ['validation: {disabled: true}', { validation: { disabled: true } }],
    ['validation: {disabled: true, enabled: true}', { validation: { disabled: false } }],
    ['validation: {enabled: false}', { validation: { disabled: false } }],
    [
      'validation: {manifests: {indexes: {platforms: List}}}',
      { validation: { manifests: { indexes: { platforms: 'list' } } } },
    ],
    ['health: {storagedriver: {interval: 0}}', { health: { storagedriver: { interval: 10_000 } } }],
  ])('reads %j as distribution does', (text, expected) => {
    expect(parseConfig(`version: 0.1\n${text}`, {}).config).toMatchObject(expected);
  });

  it.each([
    ['loglevel: debug', 'loglevel: an older key; use log.level instead'],
    [
      'storage: {cache: {layerinfo: inmemory}}',
      'storage.cache.layerinfo: an older key; use storage.cache.blobdescriptor instead',
    ],
    ['validation: {enabled: true}', 'validation.enabled: an older key; use validation.disabled instead'],
  ])('%j warns', (text, warning) => {
    expect(parseConfig(`version: 0.1\n${text}`, {}).warnings).toEqual([warning]);
  });

  it("checks the options of storage middleware, with the documents' spelling of updatefrequency", () => {
    const cloudfront = '{name: cloudfront, options: {baseurl: d.example, privatekey: /k, keypairid: id';
    const text = `version: 0.1\nmiddleware: {storage: [${cloudfront}, updatefrenquency: 6h}}]}`;
    const { config, warnings } = parseConfig(text, {});
    expect(config.middleware.storage[0]?.options).toMatchObject({
      baseurl: 'https://d.example',
      duration: 1_200_000,
      ipfilteredby: 'none',
      updatefrequency: 21_600_000,
    });
    expect(warnings).toEqual([
      'middleware.storage.0.options.updatefrenquency: an older key; use updatefrequency instead',
    ]);
    expect(
      problemsOf(`version: 0.1\nmiddleware: {storage: [${cloudfront}, ipfilteredby: awsregion, x: y}}]}`),
    ).toEqual([
      'middleware.storage.0.options.x: unknown key; remove it or correct its name',
      'middleware.storage.0.options.awsregion: is required when ipfilteredby is awsregion',
    ]);
  });

  it.each([
    ['', 'config.yml must be a mapping that begins with version: 0.1'],
    ['log: {}', 'version: is required; write version: 0.1'],
    ['version: 0.2', 'version: must be 0.1, not "0.2"'],
    ['version: 0.1\nhtttp: {}', 'htttp: unknown key; remove it or correct its name'],
    ['version: 0.1\nhttp: {adr: x}', 'http.adr: unknown key; remove it or correct its name'],
    ['version: 0.1\nhttp: x', 'http: must be a section with keys'],
    ['version: 0.1\nhttp: {headers: {a: b}}', 'http.headers.a: must be a list'],
    ['version: 0.1\nhttp: {tls: {key: /k}}', 'http.tls.certificate: is required'],
    [
      'version: 0.1\nhttp: {host: registry}',
      'http.host: must be a URL without credentials, such as https://registry.example',
    ],
    [
      'version: 0.1\nhttp: {host: "registry:5000"}',
      'http.host: must be a URL without credentials, such as https://registry.example',
    ],
    [
      'version: 0.1\nhttp: {headers: {X Frame: [DENY]}}',
      'http.headers.X Frame: must be the name of a header field',
    ],
    ['version: 0.1\nhttp: {headers: {a: ["b\\nc"]}}', 'http.headers.a.0: must be one line of Latin-1 text'],
    ['version: 0.1\nwharfinger: {hold: {timeout: 1000h}}', 'wharfinger.hold.timeout: must be at most 596h'],
    [
      'version: 0.1\nhttp: {draintimeout: 5}',
      'http.draintimeout: must be a duration with its unit, such as 10s or 24h, not "5"',
    ],
    [
      'version: 0.1\nstorage: {delete: {enabled: maybe}}',
      'storage.delete.enabled: must be true or false, not "maybe"',
    ],
    [
      'version: 0.1\nwharfinger: {workers: 0}',
      'wharfinger.workers: must be a whole number of at least 1, not "0"',
    ],
    ['version: 0.1\nlog: {level: loud}', 'log.level: must be one of error, warn, info, debug, not "loud"'],
    [
      'version: 0.1\nproxy: {remoteurl: "https://a.example"}',
      'proxy: this registry does not have it yet; remove it',
    ],
    [
      'version: 0.1\nstorage: {cache: {blobdescriptor: redis}}',
      'storage.cache.blobdescriptor: this registry does not have redis yet; write inmemory, or remove it',
    ],
    [
      'version: 0.1\nlog: {hooks: [{type: mail, disabled: true}, {type: mail}]}',
      'log.hooks.1: this registry does not have it yet; remove it or set disabled: true',
    ],
  ])('%j: %s', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it.each([
    [
      'storage: {s3: }',
      [
        'storage.s3: this registry does not have it yet; remove it',
        'storage.s3.bucket: is required',
        'storage.s3.region: is required without regionendpoint',
      ],
    ],
    ['auth: {token: {}}', ['realm', 'service', 'issuer'].map((key) => `auth.token.${key}: is required`)],
    [
      'http: {addr: nowhere, prefix: [a], tls: {letsencrypt: {cachefile: /c, email: a, host: b}}}',
      [
        'http.tls.letsencrypt: this registry does not have it yet; remove it',
        'http.prefix: must be text',
        'http.tls.certificate: is required',
        'http.tls.key: is required',
        'http.tls.letsencrypt.host: unknown key; remove it or correct its name',
        'http.addr: must be HOST:PORT or :PORT, such as :5000',
      ],
    ],
    [
      'redis: {addrs: nowhere, db: x}',
      [
        'redis: this registry does not have it yet; remove it',
        'redis.addrs: must be a list',
        'redis.db: must be a whole number of at least 0, not "x"',
      ],
    ],
  ])('%j has all of its problems told', (text, problems) => {
    expect(problemsOf(`version: 0.1\n${text}`)).toEqual(problems);
  });

  it('names both of two storage drivers and of two auth providers, and everything else that is wrong', () => {
    const text =
      'version: 0.1\nstorage: {filesystem: , gcs: {bucket: b}}\nauth: {htpasswd: {realm: a, path: b}, silly: {}}\nx: 1';
    expect(problemsOf(text)).toEqual([
      'storage: filesystem and gcs are both given, but there can be only one driver; keep one of them',
      'auth: htpasswd and silly are both given, but there can be only one provider; keep one of them',
      'storage.gcs: this registry does not have it yet; remove it',
      'auth.silly.realm: is required',
      'auth.silly.service: is required',
      'x: unknown key; remove it or correct its name',
    ]);
  });

  it.each([
    '*hunter2',
    '!<hunter2 x',
    '"\\hunter2"',
    '|hunter2',
    '{a: {<<: hunter2}}',
    '@hunter2',
    '%hunter2',
  ])('quotes nothing of a secret that is no YAML: %s', (secret) => {
    for (const text of [
      `version: 0.1\nhttp: {secret: ${secret}}`,
      `version: 0.1\nhttp:\n  secret: ${secret}\n`,
    ]) {
      const problems = problemsOf(text);
      expect(problems.join()).not.toContain('hunter2');
    }
  });

  it('says where YAML is broken and quotes nothing of it', () => {
    const problems = problemsOf('version: 0.1\nhttp: {secret: hunter2\nlog: : x');
    expect(problems[0]).toMatch(/^not valid YAML: .* at line \d+/);
    expect(problems.join()).not.toContain('hunter2');
  });
});

describe('the variables REGISTRY_*', () => {
  it.each([
    [{ REGISTRY_HTTP_ADDR: ':443' }, { http: { addr: ':443' } }],
    [{ REGISTRY_HTTP_SECRET: '0042' }, { http: { secret: '0042' } }],
    [{ REGISTRY_STORAGE_DELETE_ENABLED: 'true' }, { storage: { delete: { enabled: true } } }],
    [
      { REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED: 'true' },
      { storage: { maintenance: { readonly: { enabled: true } } } },
    ],
    [
      { REGISTRY_STORAGE_MAINTENANCE_READONLY: '{enabled: true}' },
      { storage: { maintenance: { readonly: { enabled: true } } } },
    ],
    [
      { REGISTRY_HTTP_TLS_CERTIFICATE: '/c', REGISTRY_HTTP_TLS_KEY: '/k' },
      { http: { tls: { certificate: '/c', key: '/k', minimumtls: 'tls1.2' } } },
    ],
    [
      { REGISTRY_AUTH: '{htpasswd: {realm: r, path: /p}}' },
      { auth: { htpasswd: { realm: 'r', path: '/p' } } },
    ],
    [
      { REGISTRY_AUTH: 'htpasswd', REGISTRY_AUTH_HTPASSWD_REALM: 'r', REGISTRY_AUTH_HTPASSWD_PATH: '/p' },
      { auth: { htpasswd: { realm: 'r', path: '/p' } } },
    ],
    [{ REGISTRY_STORAGE: 'inmemory' }, { storage: { inmemory: {} } }],
    [{ REGISTRY_LOGLEVEL: 'debug', REGISTRY_LOG_LEVEL: 'warn' }, { log: { level: 'warn' } }],
    [
      { REGISTRY_STORAGE: 'filesystem', REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: '/d' },
      { storage: { filesystem: { rootdirectory: '/d' } } },
    ],
    [
      {
        REGISTRY_HTTP_HEADERS_X_CONTENT_TYPE_OPTIONS: '[nosniff]',
        REGISTRY_HTTP_HEADERS_X_CONTENT_TYPE_OPTIONS_1: 'x',
      },
      { http: { headers: { 'X-Content-Type-Options': ['nosniff', 'x'] } } },
    ],
    [{ REGISTRY_LOG_FIELDS_SERVICE: 'registry' }, { log: { fields: { service: 'registry' } } }],
    [{ REGISTRY_WHARFINGER_WORKERS: '4' }, { wharfinger: { workers: 4 } }],
  ])('%j', (environment, expected) => {
    const text = 'version: 0.1\nhttp: {headers: {X-Content-Type-Options: [old]}}';
    const { config, warnings } = parseConfig(text, environment);
    expect(config).toMatchObject(expected);
    expect(warnings.filter((warning) => !warning.startsWith('loglevel'))).toEqual([]);
  });

  it('replace a whole section before keys of it are set', () => {
    const { config } = parseConfig('version: 0.1\nhttp: {addr: ":1", secret: a}', {
      REGISTRY_HTTP_ADDR: ':3',
      REGISTRY_HTTP: '{addr: ":2", relativeurls: true}',
    });
    expect(config.http).toMatchObject({ addr: ':3', relativeurls: true });
    expect(config.http.secret).toBeUndefined();
  });

  it('that name no key only warn', () => {
    const { warnings } = parseConfig('version: 0.1', {
      REGISTRY_PORT: 'tcp://10.0.0.1:443',
      REGISTRY_HTTP_ADDRESS: 'x',
      REGISTRY_CONFIGURATION_PATH: '/x',
      OTHER: 'x',
    });
    expect(warnings).toEqual([
      'REGISTRY_HTTP_ADDRESS names no key of config.yml and is ignored',
      'REGISTRY_PORT names no key of config.yml and is ignored',
    ]);
  });

  it('that are wrong are problems like those of the file', () => {
    expect(
      problemsOf('version: 0.1', { REGISTRY_PROXY_REMOTEURL: 'x', REGISTRY_HTTP_DRAINTIMEOUT: 'soon' }),
    ).toEqual([
      'proxy: this registry does not have it yet; remove it',
      'http.draintimeout: must be a duration with its unit, such as 10s or 24h, not "soon" (from REGISTRY_HTTP_DRAINTIMEOUT)',
      'proxy.remoteurl: must be a URL, such as https://registry-1.docker.io (from REGISTRY_PROXY_REMOTEURL)',
    ]);
    expect(problemsOf('version: 0.1', { REGISTRY_HTTP: '{a' })).toEqual([
      expect.stringMatching(/^REGISTRY_HTTP: not valid YAML: /),
    ]);
  });
});

describe('the path of config.yml', () => {
  it.each([
    [['-m', '/a.yml'], { REGISTRY_CONFIGURATION_PATH: '/b.yml' }, '/a.yml'],
    [['-m'], { REGISTRY_CONFIGURATION_PATH: '/b.yml' }, '/b.yml'],
    [[], {}, '/etc/docker/registry/config.yml'],
  ])('%j with %j is %s', (argv, environment, expected) => {
    expect(findConfigPath(argv, environment)).toBe(expected);
  });
});
