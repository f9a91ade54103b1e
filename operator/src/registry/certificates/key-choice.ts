import type { IssuedTls, SelfSignedTls } from '../../api/registry-tls.ts';
import type { KeySpec } from '../../pki/key-pair.ts';

/** The key of a serving certificate. */
export function leafKey({ keyAlgorithm, keySize }: Pick<IssuedTls, 'keyAlgorithm' | 'keySize'>): KeySpec {
  return keyOf(keyAlgorithm, keySize ?? (keyAlgorithm === 'ECDSA' ? 256 : 2048));
}

/** The key of a CA that is created for a Registry. */
export function authorityKey({ keyAlgorithm, ca }: Pick<SelfSignedTls, 'keyAlgorithm' | 'ca'>): KeySpec {
  const algorithm = ca.keyAlgorithm ?? keyAlgorithm;
  return keyOf(algorithm, ca.keySize ?? (algorithm === 'ECDSA' ? 384 : 4096));
}

/** The key of an intermediate CA: it changes more often than a CA's. */
export function intermediateKey({ keyAlgorithm }: Pick<IssuedTls, 'keyAlgorithm'>): KeySpec {
  return keyOf(keyAlgorithm, keyAlgorithm === 'ECDSA' ? 384 : 3072);
}

/** The schema lets only such sizes in as the algorithm has. */
function keyOf(algorithm: 'RSA' | 'ECDSA', size: number): KeySpec {
  return { algorithm, size } as KeySpec;
}
