import { parseConfig } from '@wharfinger/registry/config';
import { describe, expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import { type ConfigJudgement, judgeConfig, type ResolvedVariable } from './config-judgement.ts';
import { ownedConfigKeys } from './owned-config-keys.ts';
import { registryConfigText } from './registry-config.ts';

function judge(spec: object, variables: readonly ResolvedVariable[] = []): ConfigJudgement {
  return judgeConfig(exampleRegistry(spec), variables);
}

function sections(path: string, value: unknown): object {
  return path.split('.').reduceRight<unknown>((below, key) => ({ [key]: below }), value) as object;
}

describe('spec.config', () => {
  it('is merged over what the operator renders', () => {
    const config = {
      http: { headers: { 'X-Site': ['north'] } },
      health: { storagedriver: { interval: '5s' } },
    };
    const { problems, config: parsed } = judge({ config });
    expect(problems).toEqual([]);
    expect(parsed?.http.headers).toEqual({ 'X-Content-Type-Options': ['nosniff'], 'X-Site': ['north'] });
    expect(parsed?.http.addr).toBe(':5000');
    expect(parsed?.health.storagedriver).toMatchObject({ enabled: true, interval: 5000, threshold: 3 });
  });

  it('takes a key of the operator’s defaults away with null', () => {
    expect(
      judge({ config: { storage: { cache: null } } }).config?.storage.cache.blobdescriptor,
    ).toBeUndefined();
  });

  it('leaves config.yml as it was when it is not used', () => {
    const { warnings } = parseConfig(registryConfigText(exampleRegistry()), {});
    expect(warnings).toEqual([]);
    expect(judge({}).pins).toEqual({});
  });

  it('tells every problem at once', () => {
    const { problems, config } = judge({ config: { http: { adr: 1 }, log: { level: 'loud' }, proxy: {} } });
    expect(config).toBeUndefined();
    expect(problems).toHaveLength(4);
    expect(problems.join('; ')).toMatch(
      /proxy: this registry does not have it.*log\.level.*http\.adr: unknown key/s,
    );
  });

  it.each(ownedConfigKeys(exampleRegistry()).map(({ path }) => path))('may not set %s', (path) => {
    const { problems } = judge({ config: sections(path, 'other') });
    expect(problems).toContainEqual(
      expect.stringMatching(`^${path}: the operator sets it .*remove it from spec.config$`),
    );
  });

  it('may set http.host, unless there is an external URL', () => {
    const config = { http: { host: 'https://a.example' } };
    expect(judge({ config }).config?.http.host).toBe('https://a.example');
    const { problems } = judge({ config, externalURL: 'https://b.example' });
    expect(problems.join()).toContain('http.host: the operator sets it (it is spec.externalURL)');
    const section = [{ name: 'REGISTRY_HTTP', value: '{}' }];
    expect(judge({ externalURL: 'https://b.example' }, section).pins).toMatchObject({
      REGISTRY_HTTP_HOST: 'https://b.example',
    });
  });

  it('may not turn TLS on where the spec turned it off', () => {
    const tls = { certificate: '/a', key: '/b' };
    const { problems } = judge({ tls: { disabled: true }, config: { http: { tls } } });
    expect(problems.join()).toContain('http.tls.certificate: the operator sets it (use spec.tls)');
  });

  it('may bring another provider of users where spec.auth has none', () => {
    const token = { realm: 'https://a', service: 'b', issuer: 'c', jwks: '/d' };
    expect(judge({ auth: undefined, config: { auth: { token } } }).problems).toEqual([]);
    expect(judge({ config: { auth: { token } } }).problems.join()).toContain('only one provider');
  });

  it('has no place for secrets', () => {
    const { problems } = judge({ config: { redis: { password: 'hunter2', addrs: ['a:1'] } } });
    expect(problems.join()).toContain('set REGISTRY_REDIS_PASSWORD in spec.env with valueFrom.secretKeyRef');
    expect(problems.join()).not.toContain('hunter2');
  });
});

describe('spec.env', () => {
  it('sets keys, and whole sections without what the operator needs', () => {
    const { problems, config, pins } = judge({}, [
      { name: 'REGISTRY_LOG_LEVEL', value: 'debug' },
      { name: 'REGISTRY_AUTH', value: '{htpasswd: {realm: other}}' },
    ]);
    expect(problems).toEqual([]);
    expect(config?.log.level).toBe('debug');
    expect(config?.auth.htpasswd).toEqual({ realm: 'other', path: '/etc/wharfinger/auth/htpasswd' });
    expect(pins).toEqual({ REGISTRY_AUTH_HTPASSWD_PATH: '/etc/wharfinger/auth/htpasswd' });
  });

  it('may not move what the operator needs, by whatever variable', () => {
    const { problems } = judge({}, [{ name: 'REGISTRY_AUTH', value: '{htpasswd: {realm: a, path: /b}}' }]);
    expect(problems).toEqual([
      'auth.htpasswd.path: the operator sets it (use spec.auth.htpasswd); remove it from REGISTRY_AUTH',
    ]);
    expect(judge({}, [{ name: 'REGISTRY_STORAGE_INMEMORY', value: '{}' }]).problems.join()).toContain(
      'remove it from REGISTRY_STORAGE_INMEMORY',
    );
  });

  it('names variables that mean nothing', () => {
    const { problems } = judge({}, [{ name: 'REGISTRY_LOG_LEVLE', value: 'debug' }]);
    expect(problems).toEqual([
      'spec.env: REGISTRY_LOG_LEVLE names no key of config.yml; correct its name or remove it',
    ]);
  });

  it('never tells the value of a Secret, and names the variable that is wrong', () => {
    const { problems } = judge({ config: { http: { adr: 1 } } }, [
      { name: 'REGISTRY_HTTP_DRAINTIMEOUT', value: '5s', secret: 'Secret fine, key a' },
      { name: 'REGISTRY_LOG', value: '{level: hunter2, hunter3: 1}', secret: 'Secret s, key k' },
    ]);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain('http.adr');
    expect(problems[1]).toContain('the value of REGISTRY_LOG from Secret s, key k does not fit');
    expect(problems.join()).not.toMatch(/hunter|fine/);
  });

  it('is the place for secrets, but not as plain values', () => {
    const secret = { name: 'REGISTRY_REDIS_PASSWORD', value: 'hunter2' };
    expect(judge({}, [secret]).problems.join()).toContain('a secret in REGISTRY_REDIS_PASSWORD can be read');
    const kept = judge({}, [{ ...secret, secret: 'Secret s, key k' }]).problems.join();
    expect(kept).not.toContain('can be read');
  });

  it('may not set what spec.egress sets', () => {
    const egress = { httpProxy: 'http://p:1' };
    const env = [{ name: 'HTTP_PROXY', value: 'http://q:1' }];
    expect(judge({ egress, env }, env).problems).toEqual([
      'spec.env: HTTP_PROXY is set by spec.egress too; remove one of them',
    ]);
  });
});
