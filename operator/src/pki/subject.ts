import forge from 'node-forge';

/** A distinguished name; text in any script. */
export interface Subject {
  readonly commonName: string;
  readonly country?: string | undefined;
  readonly locality?: string | undefined;
  readonly organization?: string | undefined;
}

/** RFC 5280, appendix A.1: ub-common-name. */
const maxCommonName = 64;

type Attribute = forge.pki.CertificateField;

/** The attributes in the order C, L, O, CN; a common name that is too long for X.509 is cut. */
export function subjectAttributes(subject: Subject): Attribute[] {
  return [
    ...attribute('countryName', subject.country, forge.asn1.Type.PRINTABLESTRING),
    ...attribute('localityName', subject.locality, forge.asn1.Type.UTF8),
    ...attribute('organizationName', subject.organization, forge.asn1.Type.UTF8),
    ...attribute(
      'commonName',
      Array.from(subject.commonName).slice(0, maxCommonName).join(''),
      forge.asn1.Type.UTF8,
    ),
  ];
}

/** The subject of a certificate that node-forge read; it leaves UTF-8 as bytes, and would encode them once more. */
export function nameAttributes(certificate: forge.pki.Certificate): Attribute[] {
  return certificate.subject.attributes.map((field) => {
    const isUtf8 = (field.valueTagClass as unknown) === forge.asn1.Type.UTF8;
    return isUtf8 ? { ...field, value: forge.util.decodeUtf8(String(field.value)) } : field;
  });
}

function attribute(name: string, value: string | undefined, type: forge.asn1.Type): Attribute[] {
  if (value === undefined) return [];
  // The types of node-forge call this field a class; it is the tag of the string type.
  return [{ name, value, valueTagClass: type as unknown as forge.asn1.Class }];
}
