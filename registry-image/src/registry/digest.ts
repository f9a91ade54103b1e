import { createHash, type Hash } from 'node:crypto';

/** A checked `algorithm:hex`. */
export type Digest = `${Algorithm}:${string}`;
export type Algorithm = 'sha256' | 'sha512';

const hexLengths: Readonly<Record<Algorithm, number>> = { sha256: 64, sha512: 128 };

/** Checks a digest by the grammar of the OCI image specification (descriptor, "Digests") and the two registered algorithms. */
export function parseDigest(text: string): Digest | undefined {
  const colon = text.indexOf(':');
  const algorithm = text.slice(0, colon);
  const hex = text.slice(colon + 1);
  if (!isAlgorithm(algorithm) || hex.length !== hexLengths[algorithm] || !/^[0-9a-f]+$/.test(hex))
    return undefined;
  return `${algorithm}:${hex}`;
}

export function isAlgorithm(text: string): text is Algorithm {
  return Object.hasOwn(hexLengths, text);
}

export function digestAlgorithm(digest: Digest): Algorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** The digest of content that is in memory. */
export function digestOf(content: Buffer | string, algorithm: Algorithm = 'sha256'): Digest {
  return finishDigest(createHash(algorithm).update(content), algorithm);
}

/** Ends a running hash. */
export function finishDigest(hash: Hash, algorithm: Algorithm): Digest {
  return `${algorithm}:${hash.digest('hex')}`;
}
