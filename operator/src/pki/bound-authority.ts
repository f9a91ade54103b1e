import forge from 'node-forge';

const nameConstraintsId = '2.5.29.30';
const nameTypes = { dns: 2, address: 7 } as const;

/**
 * Whether a CA can vouch for these names and for what is below `domains` alone (RFC 5280, 4.2.1.10): by a critical extension that
 * permits DNS names and addresses of no others. Without permitted names of one kind, all names of that kind are permitted.
 */
export function isBoundTo(
  pem: string,
  permitted: { readonly names: readonly string[]; readonly domains: readonly string[] },
): boolean {
  const extension = criticalConstraints(pem);
  if (extension === undefined) return false;
  const { dnsNames, addresses } = extension;
  const isPermitted = (name: string): boolean =>
    permitted.names.includes(name) ||
    permitted.domains.some((domain) => name === domain || name.endsWith(`.${domain}`));
  return (
    dnsNames.length > 0 &&
    addresses.length > 0 &&
    dnsNames.every(isPermitted) &&
    addresses.every((address) => isNoAddress(address) || permitted.names.some(isOnly(address)))
  );
}

interface Constraints {
  readonly dnsNames: readonly string[];
  /** Address and mask in octets. */
  readonly addresses: readonly Buffer[];
}

function criticalConstraints(pem: string): Constraints | undefined {
  const extension = extensionsOf(pem).find(({ id }) => id === nameConstraintsId);
  if (extension === undefined || !extension.critical) return undefined;
  const [permitted] = asSequence(forge.asn1.fromDer(extension.value));
  // [0] permittedSubtrees; [1] alone excludes some and permits all others.
  if (permitted === undefined || numberOf(permitted) !== 0) return undefined;
  const bases = asSequence(permitted).map((subtree) => asSequence(subtree)[0]);
  const valuesOf = (type: number): string[] =>
    bases.flatMap((base) => (base !== undefined && numberOf(base) === type ? [textOf(base)] : []));
  return {
    dnsNames: valuesOf(nameTypes.dns).map((name) => name.toLowerCase().replace(/^[.]/, '')),
    addresses: valuesOf(nameTypes.address).map((octets) => Buffer.from(octets, 'latin1')),
  };
}

/** node-forge reads RSA certificates alone; the extensions are found in the DER of all. */
function extensionsOf(pem: string): { id: string; critical: boolean; value: string }[] {
  const certificate = forge.asn1.fromDer(forge.pem.decode(pem)[0]?.body ?? '');
  const fields = asSequence(asSequence(certificate)[0]);
  const wrapper = fields.find(
    (field) => field.tagClass === forge.asn1.Class.CONTEXT_SPECIFIC && numberOf(field) === 3,
  );
  return asSequence(asSequence(wrapper)[0]).map((extension) => {
    const parts = asSequence(extension);
    const critical = parts.some(
      ({ type, value }) => type === forge.asn1.Type.BOOLEAN && value !== '\0' && value !== '',
    );
    const id = forge.asn1.derToOid(textOf(parts[0]));
    return { id, critical, value: textOf(parts.at(-1)) };
  });
}

function asSequence(node: forge.asn1.Asn1 | undefined): forge.asn1.Asn1[] {
  return Array.isArray(node?.value) ? node.value : [];
}

/** Of a context-specific tag, which the library's types take for one of its universal ones. */
function numberOf({ type }: forge.asn1.Asn1): number {
  return type;
}

function textOf(node: forge.asn1.Asn1 | undefined): string {
  return typeof node?.value === 'string' ? node.value : '';
}

/** A single address that nobody has, by which a CA says that it vouches for no addresses: 0.0.0.0 or ::. */
function isNoAddress(octets: Buffer): boolean {
  const half = octets.length / 2;
  return octets.subarray(0, half).every((octet) => octet === 0) && isSingle(octets);
}

function isSingle(octets: Buffer): boolean {
  return octets.length > 0 && octets.subarray(octets.length / 2).every((octet) => octet === 255);
}

/** IPv4 in dotted form; a CA for an IPv6 address is not told from one for a network. */
function isOnly(octets: Buffer): (name: string) => boolean {
  const text = octets.length === 8 && isSingle(octets) ? [...octets.subarray(0, 4)].join('.') : undefined;
  return (name) => name === text;
}
