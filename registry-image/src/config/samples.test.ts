import { describe, expect, it } from 'vitest';
import { listKeys } from './key-list.ts';
import { readConfig } from './parse.ts';
import { configKeys } from './schema.ts';

const notYet = /^\S+: this registry does not have (it|redis) yet; /;

/** The sections of the documents' reference, in its order, with all of their keys and values of our own. */
const sections: Readonly<Record<string, string>> = {
  log: `log:
  accesslog: {disabled: true}
  level: warn
  formatter: json
  fields: {service: depot, environment: test}
  hooks:
    - type: mail
      disabled: true
      levels: [panic]
      options:
        smtp: {addr: "post.example:25", username: robot, password: pass, insecure: true}
        from: depot@post.example
        to: [team@post.example]`,
  loglevel: 'loglevel: warn',
  'storage.filesystem': 'storage: {filesystem: {rootdirectory: /srv/depot, maxthreads: 60}}',
  'storage.azure': 'storage: {azure: {accountname: depot, accountkey: a2V5, container: images}}',
  'storage.gcs': `storage:
  gcs:
    bucket: depot
    keyfile: /etc/depot/key.json
    credentials:
      type: service_account
      project_id: depot
      private_key_id: "7"
      private_key: pem
      client_email: depot@depot.example
      client_id: "8"
      auth_uri: https://depot.example/auth
      token_uri: https://depot.example/token
      auth_provider_x509_cert_url: https://depot.example/provider
      client_x509_cert_url: https://depot.example/client
    rootdirectory: /images
    chunksize: 1048576`,
  'storage.s3': `storage:
  s3:
    accesskey: key
    secretkey: pass
    region: eu-north-1
    regionendpoint: http://objects.example
    bucket: depot
    encrypt: true
    keyid: "9"
    secure: true
    v4auth: true
    chunksize: 6291456
    multipartcopychunksize: 16777216
    multipartcopymaxconcurrency: 20
    multipartcopythresholdsize: 16777216
    rootdirectory: /images`,
  'storage.swift': `storage:
  swift:
    username: robot
    password: pass
    authurl: https://keystone.example/v3
    tenant: depot
    tenantid: "1"
    domain: Default
    domainid: default
    insecureskipverify: true
    region: north
    container: images
    rootdirectory: /images`,
  'storage.oss': `storage:
  oss:
    accesskeyid: key
    accesskeysecret: pass
    region: oss-eu-central-1
    endpoint: oss.example
    internal: false
    bucket: depot
    encrypt: true
    secure: true
    chunksize: 5242880
    rootdirectory: /images`,
  'storage.inmemory': 'storage:\n  inmemory:  # takes no keys',
  'storage (beside the driver)': `storage:
  filesystem:
  delete: {enabled: true}
  redirect: {disable: true}
  cache: {blobdescriptor: redis}
  maintenance:
    uploadpurging: {enabled: true, age: 48h, interval: 12h, dryrun: true}
    readonly: {enabled: true}`,
  'auth.none': 'auth: none',
  'auth.silly': 'auth: {silly: {realm: depot, service: depot}}',
  'auth.token': `auth:
  token:
    autoredirect: true
    realm: https://depot.example/auth
    service: depot
    issuer: depot
    rootcertbundle: /etc/depot/signers.pem`,
  'auth.htpasswd': 'auth: {htpasswd: {realm: depot, path: /etc/depot/htpasswd}}',
  middleware: `middleware:
  registry: [{name: First, disabled: true, options: {a: b}}]
  repository: [{name: Second, disabled: true, options: {a: b}}]
  storage:
    - name: cloudfront
      options:
        baseurl: https://edge.example/
        privatekey: /etc/depot/edge.pem
        keypairid: "5"
        duration: 600s
        ipfilteredby: awsregion
        awsregion: eu-north-1, eu-west-1
        updatefrenquency: 6h
        iprangesurl: https://edge.example/ranges.json
  storage:
    - name: redirect
      options: {baseurl: "https://layers.example/"}`,
  reporting: `reporting:
  bugsnag: {apikey: key, releasestage: test, endpoint: "https://bugs.example"}
  newrelic: {licensekey: key, name: depot, verbose: true}`,
  http: `http:
  addr: localhost:5443
  prefix: /depot/
  host: https://depot.example:5443
  secret: pass
  relativeurls: true
  draintimeout: 20s
  tls:
    certificate: /etc/depot/tls.crt
    key: /etc/depot/tls.key
    clientcas: [/etc/depot/a.pem, /etc/depot/b.pem]
    letsencrypt: {cachefile: /var/depot/acme, email: team@depot.example, hosts: [depot.example]}
  debug: {addr: "localhost:5444", prometheus: {enabled: true, path: /numbers}}
  headers: {X-Content-Type-Options: [nosniff]}
  http2: {disabled: true}`,
  notifications: `notifications:
  events: {includereferences: true}
  endpoints:
    - name: ears
      disabled: false
      url: https://ears.example/event
      headers: {Authorization: [Bearer pass]}
      timeout: 2s
      threshold: 4
      backoff: 3s
      ignoredmediatypes: [application/octet-stream]
      ignore: {mediatypes: [application/octet-stream], actions: [pull]}`,
  redis: `redis:
  addr: localhost:6379
  password: pass
  db: 1
  dialtimeout: 20ms
  readtimeout: 20ms
  writetimeout: 20ms
  pool: {maxidle: 8, maxactive: 32, idletimeout: 100s}`,
  health: `health:
  storagedriver: {enabled: true, interval: 20s, threshold: 2}
  file: [{file: /run/depot/down, interval: 5s}]
  http:
    - uri: https://upstream.example/
      headers: {Authorization: [Basic cGFzcw==]}
      statuscode: 204
      timeout: 2s
      interval: 20s
      threshold: 2
  tcp: [{addr: "upstream.example:6379", timeout: 2s, interval: 20s, threshold: 2}]`,
  proxy: 'proxy: {remoteurl: "https://upstream.example", username: robot, password: pass}',
  compatibility: 'compatibility: {schema1: {signingkeyfile: /etc/depot/key.json, enabled: true}}',
  validation: `validation:
  manifests:
    urls: {allow: ["^https?://([^/]+\\\\.)*depot\\\\.example/"], deny: ["^https?://no\\\\.depot\\\\.example/"]}`,
  // Of the reference of distribution 3.
  'storage.azure (3)': `storage:
  azure:
    accountname: depot
    container: images
    rootdirectory: /images
    credentials: {type: client_secret, clientid: "1", tenantid: "2", secret: pass}
    max_retries: 3
    retry_delay: 200ms`,
  'storage.s3 (3)': `storage:
  s3:
    region: eu-north-1
    bucket: depot
    forcepathstyle: true
    accelerate: false
    usedualstack: false
    usefipsendpoint: false
    loglevel: debug`,
  'storage.s3aws': 'storage: {s3aws: {region: eu-north-1, bucket: depot}}',
  'storage.tag and cache (3)':
    'storage: {filesystem: {}, tag: {concurrencylimit: 4}, cache: {blobdescriptor: inmemory, blobdescriptorsize: 500}}',
  'auth.token (3)':
    'auth: {token: {realm: "https://depot.example/auth", service: depot, issuer: depot, autoredirect: true, autoredirectpath: /login, jwks: /etc/depot/jwks.json, signingalgorithms: [EdDSA, ES512]}}',
  'catalog and tags (3)': 'catalog: {maxentries: 500}\ntags: {maxtags: 50}',
  'http (3)': `http:
  tls:
    certificate: /etc/depot/tls.crt
    key: /etc/depot/tls.key
    clientcas: [/etc/depot/a.pem]
    clientauth: verify-client-cert-if-given
    minimumtls: tls1.3
    ciphersuites: [TLS_AES_128_GCM_SHA256]
    letsencrypt: {cachefile: /var/depot/acme, email: team@depot.example, directoryurl: "https://acme.example/directory"}
  h2c: {enabled: true}`,
  'redis (3)': `redis:
  tls: {certificate: /etc/depot/redis.crt, key: /etc/depot/redis.key, rootcas: [/etc/depot/redis-ca.pem]}
  addrs: ["localhost:6379"]
  password: pass
  db: 0
  dialtimeout: 20ms
  maxidleconns: 8
  poolsize: 32
  connmaxidletime: 100s
  tls: {enabled: false}`,
  'middleware (3)':
    'middleware: {storage: [{name: cloudfront, options: {baseurl: edge.example, privatekey: /k, keypairid: "5", updatefrequency: 6h}}]}',
  'proxy (3)':
    'proxy: {remoteurl: "https://upstream.example", exec: {command: helper, lifetime: 1h}, ttl: 24h}',
  'validation (3)':
    'validation: {manifests: {indexes: {platforms: List, platformlist: [{architecture: arm64, os: linux}]}}}',
  'policy (3)': 'policy: {repository: {classes: [image]}}',
};

/** What the example files of distribution hold, with values of our own. */
const examples: Readonly<Record<string, string>> = {
  'config-example': `log: {fields: {service: depot}}
storage: {cache: {blobdescriptor: inmemory}, filesystem: {rootdirectory: /srv/depot}, tag: {concurrencylimit: 4}}
http: {addr: ":5443", headers: {X-Content-Type-Options: [nosniff]}}
auth: {htpasswd: {realm: depot, path: /etc/depot/htpasswd}}
health: {storagedriver: {enabled: true, interval: 20s, threshold: 2}}`,
  'config-dev of 3': `log: {level: debug, fields: {service: depot, environment: test}}
storage:
  delete: {enabled: true}
  cache: {blobdescriptor: inmemory}
  filesystem: {rootdirectory: /srv/depot}
  maintenance: {uploadpurging: {enabled: false}}
  tag: {concurrencylimit: 4}
http:
  addr: :5443
  debug: {addr: ":5444", prometheus: {enabled: true, path: /metrics}}
  headers: {X-Content-Type-Options: [nosniff]}
health: {storagedriver: {enabled: true, interval: 20s, threshold: 2}}`,
};

const cache = `log: {level: debug, fields: {service: depot, environment: test}}
storage:
  cache: {blobdescriptor: redis}
  filesystem: {rootdirectory: /srv/depot}
  maintenance: {uploadpurging: {enabled: false}}
http: {addr: ":5443", secret: pass, debug: {addr: "localhost:5444"}, headers: {X-Content-Type-Options: [nosniff]}}
redis: {addr: "localhost:6379", pool: {maxidle: 8, maxactive: 32, idletimeout: 100s}, dialtimeout: 20ms, readtimeout: 20ms, writetimeout: 20ms}
notifications:
  events: {includereferences: true}
  endpoints:
    - {name: a, url: "http://localhost:5445/", headers: {Authorization: [Bearer pass]}, timeout: 1s, threshold: 10, backoff: 1s, disabled: true}
    - {name: b, url: "http://localhost:5446/", timeout: 1s, threshold: 10, backoff: 1s, disabled: true}
proxy: {remoteurl: "https://upstream.example", username: robot, password: pass}
health: {storagedriver: {enabled: true, interval: 20s, threshold: 2}}`;

describe("the documents' reference", () => {
  it.each(Object.entries(sections))(
    '%s is read, and all that is wrong is what is not there yet',
    (_, text) => {
      const { config, problems } = readConfig(`version: 0.1\n${text}`, {});
      expect(problems.filter((problem) => !notYet.test(problem))).toEqual([]);
      expect(config).toBeDefined();
    },
  );

  it.each([
    'storage.s3',
    'storage.s3aws',
    'storage.azure',
    'storage.gcs',
    'storage.swift',
    'storage.oss',
    'reporting',
    'redis',
    'proxy',
  ])('%s says that it is not there yet', (section) => {
    const { problems } = readConfig(`version: 0.1\n${sections[section]}`, {});
    expect(problems).toEqual([`${section}: this registry does not have it yet; remove it`]);
  });

  it('says the same of events, of automatic certificates and of a cache in Redis', () => {
    const { problems } = readConfig(
      `version: 0.1\n${sections['notifications']}\n${sections['http']}\n${sections['storage (beside the driver)']}`,
      {},
    );
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'notifications.events',
      'notifications.endpoints.0',
      'http.tls.letsencrypt',
      'storage.cache.blobdescriptor',
    ]);
  });

  it('names every key but those that are only in the programs of distribution', () => {
    const ours = /^(wharfinger|version)|^middleware\.storage\[rewrite\]/;
    const text = Object.values(sections).join('\n');
    const missing = listKeys(configKeys).filter(({ path }) => {
      const name = /([a-z0-9_]+)[^a-z]*$/.exec(path)?.[1] ?? '';
      return !ours.test(path) && !new RegExp(`\\b${name}\\b`).test(text);
    });
    expect(
      missing
        .map(({ path }) => path)
        .filter((path) => !/^(redis|storage\.(s3|azure|gcs|swift|oss))\./.test(path)),
    ).toEqual(['log.reportcaller', 'storage.cache.layerinfo', 'http.net', 'proxy.cachewritetimeout']);
  });
});

describe("distribution's example files", () => {
  it.each(Object.entries(examples))('%s is right as it is', (_, text) => {
    const { problems, warnings } = readConfig(`version: 0.1\n${text}`, {});
    expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
  });

  it.each([
    ['config-cache of 2.8', cache],
    [
      'config-cache of 3',
      cache.replace(
        /^redis: .*$/m,
        'redis: {addrs: ["localhost:6379"], maxidleconns: 8, poolsize: 32, connmaxidletime: 100s}',
      ),
    ],
  ])('%s is told all that is not there yet', (_, text) => {
    expect(readConfig(`version: 0.1\n${text}`, {}).problems).toEqual([
      'storage.cache.blobdescriptor: this registry does not have redis yet; write inmemory, or remove it',
      'redis: this registry does not have it yet; remove it',
      'notifications.events: this registry does not have it yet; remove it',
      'proxy: this registry does not have it yet; remove it',
    ]);
  });
});
