import type { ConfigInput } from '@wharfinger/registry/config';
import { stringify } from 'yaml';
import type { Registry } from '../api/registry.ts';
import { directories, drainSeconds, ports } from './pod-layout.ts';

/** The config of the registry, with the keys of distribution. */
export function registryConfig(registry: Registry): ConfigInput {
  const { spec } = registry;
  return {
    version: '0.1',
    log: { level: 'info', formatter: 'json' },
    storage: {
      filesystem: { rootdirectory: directories.data },
      delete: { enabled: spec.storage.deleteEnabled },
      cache: { blobdescriptor: 'inmemory' },
    },
    ...(spec.auth
      ? { auth: { htpasswd: { realm: spec.hostname, path: `${directories.auth}/htpasswd` } } }
      : {}),
    http: {
      addr: `:${ports.registry}`,
      ...(spec.externalURL === undefined ? {} : { host: spec.externalURL }),
      draintimeout: `${drainSeconds}s`,
      headers: { 'X-Content-Type-Options': ['nosniff'] },
      debug: { addr: `:${ports.debug}`, prometheus: { enabled: true, path: '/metrics' } },
      ...(spec.tls.disabled ? {} : { tls: certificateFiles(directories.tls) }),
    },
    health: { storagedriver: { enabled: true, interval: '10s', threshold: 3 } },
    wharfinger: {
      ...(spec.workers === undefined ? {} : { workers: spec.workers }),
      maintenance: { directory: directories.maintenance },
      state: {
        addr: `:${ports.state}`,
        ...certificateFiles(directories.internal),
        clientca: `${directories.internal}/ca.crt`,
      },
    },
  };
}

/** Text of config.yml: what the operator renders, with spec.config laid over it. */
export function registryConfigText(registry: Registry): string {
  const { config } = registry.spec;
  const rendered = registryConfig(registry);
  return stringify(config === undefined ? rendered : laidOver(rendered, config));
}

/** Sections are merged key by key, everything else is replaced; null takes a key away. */
function laidOver(below: unknown, above: unknown): unknown {
  if (!isSection(below) || !isSection(above)) return above;
  const merged = Object.entries(above).map(([key, value]) => [key, laidOver(below[key], value)]);
  return { ...below, ...Object.fromEntries(merged) };
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function certificateFiles(directory: string): { certificate: string; key: string } {
  return { certificate: `${directory}/tls.crt`, key: `${directory}/tls.key` };
}
