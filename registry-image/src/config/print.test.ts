import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { listKeys } from './key-list.ts';
import { parseConfig, readConfig } from './parse.ts';
import { printConfig } from './print.ts';
import { configWithout } from './schema-fixture.ts';
import { type Config, configKeys } from './schema.ts';

function printed(text: string, environment: Record<string, string> = {}): string {
  const { config, problems } = readConfig(text, environment);
  if (!config) throw new Error(problems.join('\n'));
  return printConfig(config);
}

const everything = `version: 0.1
log: {level: debug, formatter: json, fields: {service: registry, "null": "true", '0': "012"}, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: /data, maxthreads: 40}
  delete: {enabled: true}
  cache: {layerinfo: inmemory, blobdescriptorsize: 5}
  maintenance: {uploadpurging: {age: 1h30m, interval: 1500ms}}
auth: {token: {realm: "https://auth.example/token", service: s, issuer: i, jwks: /jwks.json}}
middleware:
  storage: [{name: redirect, options: {baseurl: "https://b.example"}}, {name: cloudfront, options: {baseurl: c.example, privatekey: /k, keypairid: id}}]
http:
  prefix: a/b/
  host: https://registry.example
  draintimeout: 90s
  headers: {X-Content-Type-Options: [nosniff], X-A: ["1", "2"]}
  tls: {certificate: /c, key: /k, clientcas: [/ca]}
  debug: {addr: ":5001", prometheus: {enabled: true}}
health:
  file: [{file: /down}]
  http: [{uri: "https://a.example", interval: 500us}]
  tcp: [{addr: "b.example:1", timeout: 3s}]
validation: {enabled: true, disabled: true, manifests: {urls: {allow: ["^https://"]}, indexes: {platforms: list, platformlist: [{architecture: amd64, os: linux}]}}}
wharfinger: {gc: {minage: 36h}}
`;

describe('the printed config', () => {
  it.each(['version: 0.1', 'version: 0.1\nstorage: inmemory\nauth: none', everything])(
    'of %j means the same',
    (text) => {
      const { config } = parseConfig(text, {});
      const again = parseConfig(printConfig(config), {});
      expect(again.config).toEqual(config);
      expect(again.warnings).toEqual([]);
      expect(printConfig(again.config)).toBe(printConfig(config));
    },
  );

  it("has distribution's keys and durations, and no driver beside the one that is used", () => {
    expect(printed(everything)).toMatch(/^ {6}age: 90m$/m);
    expect(printed(everything)).toMatch(/^ {6}interval: 1500ms$/m);
    expect(printed(everything)).toMatch(/^ {2}draintimeout: 90s$/m);
    expect(printed(everything)).not.toMatch(/layerinfo|loglevel|inmemory: \{\}/);
    expect(printed('version: 0.1')).toContain('rootdirectory: /var/lib/registry');
    expect(printed('version: 0.1\nstorage: inmemory')).not.toContain('filesystem');
  });
});

describe('secrets', () => {
  const all = listKeys(configKeys);
  const secret = all.filter(({ key }) => key.meta.secret);

  it.each(secret)('$path is not printed', (listed) => {
    const variable = (listed.variables[0] ?? '').replaceAll(/_N(?=_|$)/g, '_0');
    const text = printed(stringify(configWithout(listed)), { [variable]: 'hunter2' });
    expect(text).toContain('********');
    expect(text).not.toContain('hunter2');
  });

  it('are marked wherever a name says that it is one', () => {
    const names = /(password|secret|secretkey|accountkey|licensekey|apikey|connectionstring|private_key)$/;
    const unmarked = all.filter(
      ({ path, key }) => key.kind === 'value' && names.test(path) && !key.meta.secret,
    );
    expect(unmarked.map(({ path }) => path)).toEqual([]);
    expect(secret.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['http.secret', 'redis.password', 'storage.s3.secretkey', 'proxy.password']),
    );
  });

  it('in a URL are not printed', () => {
    const text = printed('version: 0.1\nproxy: {remoteurl: "https://me:hunter2@a.example/"}');
    expect(text).toContain('remoteurl: https://me:********@a.example/');
    const token = printed('version: 0.1\nproxy: {remoteurl: "https://hunter2@a.example/"}');
    expect(token).toContain('remoteurl: https://********@a.example/');
  });

  it('of middleware that is disabled are not printed', () => {
    const text =
      'version: 0.1\nmiddleware: {registry: [{name: other, disabled: true, options: {token: hunter2, more: {of: hunter2}}}]}';
    expect(printed(text)).toContain('token: "********"');
    expect(printed(text)).not.toContain('hunter2');
  });
});

it('prints what the type of Config holds', () => {
  const config: Config = parseConfig('version: 0.1', {}).config;
  expect(printConfig(config)).toMatch(/^version: "0.1"\n/);
});
