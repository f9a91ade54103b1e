import { isIpAddress } from '../api/hostname.ts';
import type { NodeTrustSpec, TrustedRegistry } from '../api/node-trust.ts';
import { isPublicRegistry } from '../api/public-registries.ts';
import type { Registry } from '../api/registry.ts';
import type { TrustedHost } from '../node-agent/document.ts';
import { coversHostname } from '../pki/inspection.ts';
import { isBoundTo } from '../pki/bound-authority.ts';
import { certificatesIn } from './certificates.ts';

/** What is known of a Registry that a NodeTrust names. */
export interface RegistryFacts {
  /** Undefined when it is not there, or goes. */
  readonly registry: Pick<Registry, 'metadata' | 'status'> & { readonly spec: { readonly hostname: string } };
  /** Text of the ConfigMap with its CA. */
  readonly ca: string | undefined;
  /** Address and port of its Service in the cluster. */
  readonly service: { readonly ip: string; readonly port: number } | undefined;
  /** PEM of the serving certificate, where it is the operator's own. */
  readonly certificate: string | undefined;
}

/** Whether nodes are to trust a Registry. */
export interface Verdict {
  /** Undefined: not trusted. */
  readonly host: TrustedHost | undefined;
  readonly reason: string;
  /** What there is to do; empty when all is as asked. */
  readonly message: string;
  /** Time may solve it. */
  readonly waits: boolean;
}

type Spec = Pick<NodeTrustSpec, 'hostsFile' | 'systemStore'>;

/** Decides about one entry of `spec.registries`. */
export function trustedHost(entry: TrustedRegistry, facts: RegistryFacts | undefined, spec: Spec): Verdict {
  if (facts === undefined)
    return refused('RegistryMissing', 'there is no such Registry; create it or take it out');
  const { url } = facts.registry.status ?? {};
  const told = url === undefined ? undefined : new URL(url);
  // The owner of the Registry decides neither: its hostname, and the host that clients are told, are both to be listed.
  const names = [facts.registry.spec.hostname, ...(told ? [plainHostname(told)] : [])];
  const problem = names.map((name) => nameProblem(name, entry)).find((one) => one !== undefined);
  if (problem !== undefined) return problem;
  if (told === undefined) return waiting('RegistryPending', 'it has no URL yet');
  const reached = withCa(told, facts);
  if (reached.host === undefined) return reached;
  const addressed = withAddress(reached.host, entry, facts, spec);
  return addressed.host === undefined ? addressed : withSystem(addressed.host, entry, facts, spec);
}

function withCa(told: URL, { registry, ca }: RegistryFacts): Verdict {
  const tls = told.protocol === 'https:';
  const name = registry.status?.caRef?.name;
  if (tls && name !== undefined && ca === undefined)
    return waiting('CAPending', `its ConfigMap ${name} is not there`);
  const certificates = tls && ca !== undefined ? certificatesIn(ca) : [];
  const problem = `its ConfigMap ${name} holds no certificates that can be read, or more than eight or 24 KiB; put the certificates of its CA alone there`;
  if (certificates === undefined) return refused('InvalidCA', problem);
  const port = Number(told.port || (tls ? 443 : 80));
  return trusted({ hostname: plainHostname(told), port, tls, certificates, system: false });
}

function nameProblem(name: string, { hostnames }: TrustedRegistry): Verdict | undefined {
  if (isPublicRegistry(name)) return refused('PublicRegistry', `${name} is the name of a public registry`);
  if (hostnames.map(canonical).includes(canonical(name))) return undefined;
  return refused(
    'HostnameNotListed',
    `its hostname is ${name}; add that to hostnames if nodes may trust it for this name`,
  );
}

function withAddress(
  host: TrustedHost,
  { address }: TrustedRegistry,
  facts: RegistryFacts,
  spec: Spec,
): Verdict {
  if (address === undefined || isIpAddress(host.hostname)) return trusted(host);
  const found = address.ip === undefined ? facts.service : { ip: address.ip, port: host.port };
  if (found === undefined) return waiting('AddressPending', 'its Service has no cluster address');
  if (spec.hostsFile !== undefined) {
    if (found.port === host.port) return trusted({ ...host, hostsEntry: found.ip });
    return refused(
      'PortDiffers',
      `images name port ${host.port} and its Service has port ${found.port}, which a hosts file cannot tell; give address.ip, or no hostsFile`,
    );
  }
  const isCovered = facts.certificate === undefined || coversHostname(facts.certificate, found.ip);
  if (host.tls && !isCovered)
    return refused(
      'AddressNotInCertificate',
      `its certificate does not name ${found.ip}; add that to ipAddresses in the Registry's spec.tls, or set spec.hostsFile`,
    );
  return trusted({ ...host, endpoint: { hostname: found.ip, port: found.port } });
}

/** A CA in the system's store counts for every name, unless it says itself for which it may vouch. */
function withSystem(
  host: TrustedHost,
  { hostnames }: TrustedRegistry,
  { registry }: RegistryFacts,
  spec: Spec,
): Verdict {
  if (spec.systemStore === undefined || host.certificates.length === 0) return trusted(host);
  const { name, namespace } = registry.metadata;
  const names = [...hostnames, name, `${name}.${namespace}`];
  const domains = [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`];
  const isBound = host.certificates.every((certificate) => isBoundTo(certificate, { names, domains }));
  if (isBound) return trusted({ ...host, system: true });
  const message =
    "its CA is not bound to its hostname by critical name constraints (permitted DNS names and addresses), so it does not go into the system's store; bring such a CA, or set no systemStore";
  return { host, reason: 'UnboundCA', message, waits: false };
}

function plainHostname(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/** IPv6 addresses have many spellings. */
function canonical(hostname: string): string {
  return hostname.includes(':') ? plainHostname(new URL(`http://[${hostname}]`)) : hostname;
}

function trusted(host: TrustedHost): Verdict & { host: TrustedHost } {
  const isPublic = host.tls && host.certificates.length === 0;
  return { host, reason: isPublic ? 'NoCA' : 'Trusted', message: '', waits: false };
}

function refused(reason: string, message: string): Verdict {
  return { host: undefined, reason, message, waits: false };
}

function waiting(reason: string, message: string): Verdict {
  return { host: undefined, reason, message, waits: true };
}
