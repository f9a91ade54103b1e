/** Ports of a registry pod. */
export const ports = { registry: 5000, debug: 5001, state: 5002 } as const;

/** Directories that are mounted into a registry pod. */
export const directories = {
  config: '/etc/docker/registry',
  data: '/var/lib/registry',
  maintenance: '/etc/wharfinger/maintenance',
  tls: '/etc/wharfinger/tls',
  auth: '/etc/wharfinger/auth',
  internal: '/etc/wharfinger/internal',
  egress: '/etc/wharfinger/egress',
  temporary: '/tmp',
} as const;

export const configFile = 'config.yml';

/** Seconds for which a stopping registry finishes requests, and after which the kubelet kills it. */
export const drainSeconds = 30;
export const terminationGraceSeconds = 45;
