import { createHash } from 'node:crypto';

/** Something that is in an image and that others made. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** Package URL, by which scanners look it up. */
  readonly purl: string;
  /** An SPDX expression, when it is known. */
  readonly licence?: string;
  /** SHA-512 of the package as it was published, in hex, when it is known. */
  readonly sha512?: string;
}

export interface SpdxSubject {
  /** What the components are part of. */
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** The bill of materials in SPDX 2.3, as JSON. It is dated to the epoch, so that equal contents give equal texts. */
export function spdxDocument(subject: SpdxSubject, components: readonly Component[]): string {
  const described = packageOf({ ...subject, purl: '' }, 'SPDXRef-subject');
  const parts = components.map((component, index) => packageOf(component, `SPDXRef-${index + 1}`));
  const digest = createHash('sha256')
    .update(JSON.stringify([subject, components]))
    .digest('hex');
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${subject.name}-${subject.version}`,
    documentNamespace: `https://wharfinger.dev/spdx/${subject.name}-${subject.version}-${digest}`,
    creationInfo: { created: '1970-01-01T00:00:00Z', creators: ['Organization: Wharfinger'] },
    packages: [described, ...parts],
    relationships: [
      relationship('SPDXRef-DOCUMENT', 'DESCRIBES', described.SPDXID),
      ...parts.map(({ SPDXID }) => relationship(described.SPDXID, 'CONTAINS', SPDXID)),
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function packageOf(component: Component, id: string): { SPDXID: string } & Record<string, unknown> {
  const { name, version, purl, licence = 'NOASSERTION', sha512 } = component;
  const reference = { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl };
  return {
    SPDXID: id,
    name,
    versionInfo: version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: licence,
    copyrightText: 'NOASSERTION',
    ...(sha512 === undefined ? {} : { checksums: [{ algorithm: 'SHA512', checksumValue: sha512 }] }),
    ...(purl === '' ? {} : { externalRefs: [reference] }),
  };
}

function relationship(from: string, type: string, to: string): object {
  return { spdxElementId: from, relationshipType: type, relatedSpdxElement: to };
}
