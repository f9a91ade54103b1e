import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ListedKey, listKeys } from './key-list.ts';
import { configKeys } from './schema.ts';

/** The test that shows the effect of each key: it fails when the key is ignored. Paths are below registry-image/src. */
const shownBy: Readonly<Record<string, readonly string[]>> = {
  'config/parse.test.ts': ['version', 'loglevel', 'storage.cache.layerinfo', 'validation.enabled'],
  'telemetry/log.test.ts': ['log.level', 'log.formatter', 'log.fields.*', 'log.reportcaller'],
  'http/access-log.test.ts': ['log.accesslog.disabled'],
  'command.test.ts': ['storage.filesystem.rootdirectory'],
  'supervisor/inmemory.test.ts': ['storage.inmemory'],
  'supervisor/purge-schedule.test.ts': [
    'storage.maintenance.uploadpurging.enabled',
    'storage.maintenance.uploadpurging.age',
    'storage.maintenance.uploadpurging.interval',
    'storage.maintenance.uploadpurging.dryrun',
  ],
  'supervisor/health.test.ts': [
    'http.debug.addr',
    'health.storagedriver.enabled',
    'health.storagedriver.interval',
    'health.storagedriver.threshold',
    'health.file[].file',
    'health.file[].interval',
    'health.http[].uri',
    'health.http[].statuscode',
    'health.http[].timeout',
    'health.http[].interval',
    'health.http[].threshold',
    'health.tcp[].addr',
    'health.file[].threshold',
    'health.tcp[].interval',
    'health.tcp[].threshold',
  ],
  'health/checks.test.ts': ['health.http[].headers.*[]', 'health.tcp[].timeout'],
  'auth/htpasswd.test.ts': ['auth.htpasswd.realm'],
  'supervisor/secrets.test.ts': ['auth.htpasswd.path', 'http.tls.certificate', 'http.tls.key'],
  'http/token-auth.test.ts': [
    'auth.token.realm',
    'auth.token.service',
    'auth.token.issuer',
    'auth.token.rootcertbundle',
    'auth.token.autoredirect',
    'auth.token.autoredirectpath',
    'auth.token.jwks',
    'auth.token.signingalgorithms[]',
  ],
  'http/silly-auth.test.ts': ['auth.silly.realm', 'auth.silly.service'],
  'http/access-rules.test.ts': [
    'auth.none',
    'wharfinger.access[].users[]',
    'wharfinger.access[].anonymous',
    'wharfinger.access[].repositories[]',
    'wharfinger.access[].actions[]',
  ],
  'http/base.test.ts': ['http.prefix'],
  'http/catalog.test.ts': ['catalog.maxentries'],
  'http/transports.test.ts': ['http.headers.*[]'],
  'storage/open.test.ts': ['storage.filesystem.maxthreads'],
  'supervisor/http-config.test.ts': [
    'http.net',
    'http.draintimeout',
    'http.tls.clientcas[]',
    'http.tls.clientauth',
    'http.tls.minimumtls',
    'http.tls.ciphersuites[]',
    'http.http2.disabled',
    'http.h2c.enabled',
  ],
  'middleware/middleware.test.ts': [
    'storage.redirect.disable',
    ...['registry', 'repository', 'storage'].flatMap((point) =>
      ['name', 'disabled', 'options.*'].map((key) => `middleware.${point}[].${key}`),
    ),
    'middleware.storage[cloudfront].options.baseurl',
    'middleware.storage[cloudfront].options.privatekey',
    'middleware.storage[cloudfront].options.keypairid',
    'middleware.storage[cloudfront].options.duration',
    'middleware.storage[cloudfront].options.ipfilteredby',
    'middleware.storage[cloudfront].options.awsregion',
    'middleware.storage[cloudfront].options.updatefrequency',
    'middleware.storage[cloudfront].options.updatefrenquency',
    'middleware.storage[cloudfront].options.iprangesurl',
    'middleware.storage[redirect].options.baseurl',
    'middleware.storage[rewrite].options.scheme',
    'middleware.storage[rewrite].options.host',
    'middleware.storage[rewrite].options.trimpathprefix',
  ],
  'supervisor/own-config.test.ts': [
    'http.addr',
    'http.secret',
    'http.debug.prometheus.enabled',
    'http.debug.prometheus.path',
    'wharfinger.workers',
    'wharfinger.maintenance.directory',
    'wharfinger.state.addr',
    'wharfinger.state.certificate',
    'wharfinger.state.key',
    'wharfinger.state.clientca',
    'wharfinger.gc.minage',
    'wharfinger.hold.timeout',
    'wharfinger.hold.limit',
  ],
  'http/uploads.test.ts': ['storage.maintenance.readonly.enabled', 'http.host', 'http.relativeurls'],
  'http/tags.test.ts': ['storage.delete.enabled', 'storage.tag.concurrencylimit', 'tags.maxtags'],
  'http/manifest-cache.test.ts': ['storage.cache.blobdescriptor', 'storage.cache.blobdescriptorsize'],
  'http/manifest-rules.test.ts': [
    'validation.disabled',
    'validation.manifests.urls.allow[]',
    'validation.manifests.urls.deny[]',
    'validation.manifests.indexes.platforms',
    'validation.manifests.indexes.platformlist[].architecture',
    'validation.manifests.indexes.platformlist[].os',
    'policy.repository.classes[]',
  ],
  'http/schema1.test.ts': ['compatibility.schema1.enabled', 'compatibility.schema1.signingkeyfile'],
};

/** Keys that hold a value, or whose mere presence means something. */
function isLeaf({ key }: ListedKey): boolean {
  return key.kind === 'section' ? key.children.size === 0 : key.kind === 'value';
}

const live = listKeys(configKeys)
  .filter((listed) => isLeaf(listed) && !listed.planned)
  .map(({ path }) => path);

describe('the effect of each key that is there', () => {
  it('is shown by one test', () => {
    expect(Object.values(shownBy).flat().toSorted()).toEqual(live.toSorted());
  });

  it.each(Object.entries(shownBy).flatMap(([file, keys]) => keys.map((key) => [key, file])))(
    '%s is in %s',
    (key = '', file = '') => {
      const path = resolve(import.meta.dirname, '..', file);
      expect(existsSync(path)).toBe(true);
      const names = key.split(/[^a-z0-9]+/).filter((name) => name !== '');
      const text = readFileSync(path, 'utf8').replaceAll('\\n', ' ');
      const missing = names.slice(-2).filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
      expect(missing).toEqual([]);
    },
  );
});
