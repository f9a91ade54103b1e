/** Names of what belongs to the Registry `name` (docs/architecture.md, "Objects of a Registry"). */
export interface ObjectNames {
  readonly statefulSet: string;
  readonly service: string;
  readonly podsService: string;
  readonly claim: string;
  readonly config: string;
  readonly maintenance: string;
  readonly ca: string;
  readonly tls: string;
  readonly intermediate: string;
  readonly certManagerCertificate: string;
  readonly certManagerTls: string;
  readonly htpasswd: string;
  readonly http: string;
  readonly internalTls: string;
  /** Ingress, HTTPRoute, TLSRoute and BackendTLSPolicy. */
  readonly route: string;
  /** The pod that tries new settings, and the ConfigMap with its config.yml. */
  readonly trial: string;
  readonly user: (user: string) => string;
}

export function objectNames(name: string): ObjectNames {
  return {
    statefulSet: name,
    service: name,
    podsService: `${name}-pods`,
    claim: `${name}-data`,
    config: `${name}-config`,
    maintenance: `${name}-maintenance`,
    ca: `${name}-ca`,
    tls: `${name}-tls`,
    intermediate: `${name}-intermediate-ca`,
    certManagerCertificate: name,
    certManagerTls: `${name}-cert-manager-tls`,
    htpasswd: `${name}-htpasswd`,
    http: `${name}-http`,
    internalTls: `${name}-internal-tls`,
    route: name,
    trial: `${name}-trial`,
    user: (user) => `${name}-user-${user}`,
  };
}

/** Domain of the pods' names in the internal certificates; it exists in no DNS. */
export function internalDomain(name: string, namespace: string): string {
  return `${objectNames(name).podsService}.${namespace}.wharfinger.internal`;
}
