import forge from 'node-forge';

/** A value of ASN.1, as node-forge holds it. */
export type Asn1 = forge.asn1.Asn1;

const { asn1 } = forge;
const { Class, Type } = asn1;

export function sequence(...values: readonly Asn1[]): Asn1 {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [...values]);
}

export function set(...values: readonly Asn1[]): Asn1 {
  return asn1.create(Class.UNIVERSAL, Type.SET, true, [...values]);
}

/** An object identifier from its dotted form. */
export function oid(dotted: string): Asn1 {
  return primitive(Type.OID, asn1.oidToDer(dotted).getBytes());
}

export function nothing(): Asn1 {
  return primitive(Type.NULL, '');
}

export function boolean(value: boolean): Asn1 {
  return primitive(Type.BOOLEAN, value ? '\u00ff' : '\0');
}

/** An INTEGER that is not negative, from its octets. */
export function integer(octets: Buffer): Asn1 {
  return primitive(Type.INTEGER, octets.toString('latin1'));
}

export function octetString(octets: Buffer): Asn1 {
  return primitive(Type.OCTETSTRING, octets.toString('latin1'));
}

/** A BIT STRING; `unused` bits at its end do not count. */
export function bitString(octets: Buffer, unused = 0): Asn1 {
  return primitive(Type.BITSTRING, String.fromCharCode(unused) + octets.toString('latin1'));
}

/** A string of `Type.UTF8` or `Type.PRINTABLESTRING`. */
export function text(type: 'utf8' | 'printable', value: string): Asn1 {
  const tag = type === 'utf8' ? Type.UTF8 : Type.PRINTABLESTRING;
  return primitive(tag, Buffer.from(value, 'utf8').toString('latin1'));
}

/** RFC 5280, 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on. */
export function time(date: Date): Asn1 {
  if (date.getUTCFullYear() < 2050) return primitive(Type.UTCTIME, asn1.dateToUtcTime(date));
  return primitive(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date));
}

/** A value with a context-specific tag around it. */
export function tagged(tag: number, ...values: readonly Asn1[]): Asn1 {
  return asn1.create(Class.CONTEXT_SPECIFIC, tag, true, [...values]);
}

/** Octets with a context-specific tag of their own. */
export function taggedOctets(tag: number, octets: Buffer): Asn1 {
  return asn1.create(Class.CONTEXT_SPECIFIC, tag, false, octets.toString('latin1'));
}

export function toDer(value: Asn1): Buffer {
  return Buffer.from(asn1.toDer(value).getBytes(), 'latin1');
}

/** Throws when these octets are no DER. BIT STRINGs stay octets, whatever they look like. */
export function fromDer(octets: Buffer): Asn1 {
  // The types know the older signature only.
  const options = { strict: true, decodeBitStrings: false } as unknown as boolean;
  return asn1.fromDer(octets.toString('latin1'), options);
}

/** The parts of a constructed value; none of a primitive one. */
export function partsOf(value: Asn1 | undefined): readonly Asn1[] {
  return Array.isArray(value?.value) ? value.value : [];
}

/** The octets of a primitive value; none of a constructed one. */
export function octetsOf(value: Asn1 | undefined): Buffer {
  return typeof value?.value === 'string' ? Buffer.from(value.value, 'latin1') : Buffer.alloc(0);
}

/** The dotted form of an object identifier. */
export function dottedOf(value: Asn1 | undefined): string {
  return asn1.derToOid(octetsOf(value).toString('latin1'));
}

/** The tag of a context-specific value; -1 of another. */
export function contextTagOf(value: Asn1 | undefined): number {
  return value?.tagClass === Class.CONTEXT_SPECIFIC ? value.type : -1;
}

function primitive(type: forge.asn1.Type, octets: string): Asn1 {
  return asn1.create(Class.UNIVERSAL, type, false, octets);
}
