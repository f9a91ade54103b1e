import type { RegistryEgress } from '../api/registry-egress.ts';
import type { RegistryEnvironment } from '../api/registry-environment.ts';
import { directories } from './pod-layout.ts';

/** File below `directories.egress`. */
export const bundleFile = 'ca.crt';

const direct = ['localhost', '127.0.0.1', '::1', '.svc', '.cluster.local'];
const proxyNames = new Set(['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy']);

interface Variable {
  readonly name: string;
  readonly value: string;
}

/** The variables that spec.egress stands for. */
export function egressVariables(egress: RegistryEgress | undefined): Variable[] {
  const { httpProxy, httpsProxy, noProxy, caBundle } = egress ?? {};
  const isProxied = httpProxy !== undefined || httpsProxy !== undefined || noProxy !== undefined;
  return [
    ...(httpProxy === undefined ? [] : [{ name: 'HTTP_PROXY', value: httpProxy }]),
    ...(httpsProxy === undefined ? [] : [{ name: 'HTTPS_PROXY', value: httpsProxy }]),
    ...(isProxied ? [{ name: 'NO_PROXY', value: [...direct, ...(noProxy ?? [])].join(',') }] : []),
    ...(caBundle === undefined
      ? []
      : [{ name: 'NODE_EXTRA_CA_CERTS', value: `${directories.egress}/${bundleFile}` }]),
  ];
}

/** Node looks at the variables of proxies only when it is told to. */
export function proxySwitch(
  egress: RegistryEgress | undefined,
  environment: RegistryEnvironment | undefined,
): Variable[] {
  const names = [...egressVariables(egress), ...(environment ?? [])].map(({ name }) => name);
  return names.some((name) => proxyNames.has(name)) ? [{ name: 'NODE_USE_ENV_PROXY', value: '1' }] : [];
}
