import type { X509Certificate } from 'node:crypto';

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

const tags = { integer: 0x02, octetString: 0x04, oid: 0x06, extensions: 0xa3 };
/** 2.5.29.19 */
const basicConstraints = Buffer.from('551d13', 'hex');

/**
 * How many further authorities a certificate lets follow below it (`pathLenConstraint`, RFC 5280, 4.2.1.9), which Node does not tell;
 * Infinity when it does not say.
 */
export function pathLengthOf(certificate: X509Certificate): number {
  const [signed] = elementsOf(certificate.raw).flatMap(({ content }) => elementsOf(content));
  const [extensions] = elementsOf(signed?.content).filter(({ tag }) => tag === tags.extensions);
  const [list] = elementsOf(extensions?.content);
  for (const extension of elementsOf(list?.content)) {
    const fields = elementsOf(extension.content);
    if (!fields.some(({ tag, content }) => tag === tags.oid && content.equals(basicConstraints))) continue;
    const value = fields.find(({ tag }) => tag === tags.octetString);
    const [constraints] = elementsOf(value?.content);
    const limit = elementsOf(constraints?.content).find(({ tag }) => tag === tags.integer);
    if (limit) return Number(`0x${limit.content.toString('hex')}`);
  }
  return Infinity;
}

/** The DER elements (X.690, 8.1) that follow one another in a buffer. */
function elementsOf(der: Buffer | undefined): Element[] {
  const elements: Element[] = [];
  let rest = der ?? Buffer.alloc(0);
  while (rest.length >= 2) {
    const [tag = 0, first = 0] = rest;
    const lengthBytes = first < 0x80 ? 0 : first - 0x80;
    const length = lengthBytes === 0 ? first : rest.readUIntBE(2, lengthBytes);
    const start = 2 + lengthBytes;
    elements.push({ tag, content: rest.subarray(start, start + length) });
    rest = rest.subarray(start + length);
  }
  return elements;
}
