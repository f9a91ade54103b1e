import { createPublicKey, type KeyObject, sign, verify, X509Certificate } from 'node:crypto';
import { goJson } from './go-json.ts';
import { type Algorithm, algorithmsOf, keyId, publicJwk } from './key.ts';

/**
 * The signatures of schema 1: a JSON Web Signature (RFC 7515) that is written into the JSON document which it signs, as
 * libtrust does it ("pretty JWS"). The signed text is the document without the field `signatures`: its first
 * `formatLength` bytes and then `formatTail`, both from the protected header.
 */

/** Most signatures of one manifest; each costs a verification. */
const maximumSignatures = 16;

/** The signatures are missing or wrong; the message says why. */
export class SignatureError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SignatureError';
  }
}

/**
 * Signs a JSON object and puts the signature into it.
 * @param key a private key, EC or RSA
 * @param now milliseconds since the epoch, for the header field `time`
 * @throws SignatureError when the payload is no JSON object or the key cannot sign
 */
export function signPretty(payload: Buffer, key: KeyObject, now = Date.now()): Buffer {
  const [algorithm] = algorithmsOf(key);
  if (!algorithm) throw new SignatureError('the key is neither RSA nor EC');
  const length = formatLength(payload);
  const head = base64({
    formatLength: length,
    formatTail: payload.subarray(length).toString('base64url'),
    time: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
  });
  const signature = {
    header: { jwk: publicJwk(key), alg: algorithm },
    signature: sign(hashOf(algorithm), signedBytes(head, payload), signingOptions(key)).toString('base64url'),
    protected: head,
  };
  const indent = indentOf(payload);
  const signatures = goJson([signature], indent).replaceAll('\n', `\n${indent}`);
  const [opening, closing] = indent === '' ? [',"signatures":', '}'] : [`,\n${indent}"signatures": `, '\n}'];
  return Buffer.concat([payload.subarray(0, length), Buffer.from(opening + signatures + closing)]);
}

/** The payload of a signed document, after every signature was verified. @throws SignatureError */
export function verifyPretty(content: Buffer): Buffer {
  const signatures = signaturesOf(content);
  const [first] = signatures;
  if (!first) throw new SignatureError('the manifest is not signed');
  const { length, tail } = first;
  for (const other of signatures) {
    if (other.length !== length || !other.tail.equals(tail)) {
      throw new SignatureError('the signatures are about different contents');
    }
  }
  if (length > content.length) throw new SignatureError('formatLength lies beyond the end of the manifest');
  const payload = Buffer.concat([content.subarray(0, length), tail]);
  for (const signature of signatures) verifyOne(signature, payload);
  return payload;
}

interface Signature {
  readonly length: number;
  readonly tail: Buffer;
  readonly protected: string;
  readonly signature: string;
  readonly header: Fields;
}

type Fields = Readonly<Record<string, unknown>>;

function verifyOne({ header, protected: head, signature }: Signature, payload: Buffer): void {
  const key = publicKeyOf(header);
  const algorithm = algorithmsOf(key).find((name) => name === header['alg']);
  if (!algorithm) throw new SignatureError('the algorithm of a signature does not fit its key');
  const bytes = Buffer.from(signature, 'base64url');
  if (!verify(hashOf(algorithm), signedBytes(head, payload), signingOptions(key), bytes)) {
    throw new SignatureError('a signature is wrong');
  }
}

function signaturesOf(content: Buffer): Signature[] {
  const document = parseFields(content.toString());
  const list = document['signatures'];
  if (!Array.isArray(list)) throw new SignatureError('the manifest is not signed');
  if (list.length > maximumSignatures) {
    throw new SignatureError(`the manifest has more than ${maximumSignatures} signatures`);
  }
  return list.map((block: unknown) => {
    if (!isFields(block) || !isFields(block['header'])) throw new SignatureError('a signature has no header');
    const { header, protected: head, signature } = block;
    if (typeof head !== 'string' || typeof signature !== 'string') {
      throw new SignatureError('a signature lacks its protected header or its value');
    }
    const { formatLength: length, formatTail: tail } = parseFields(Buffer.from(head, 'base64url').toString());
    if (!Number.isSafeInteger(length) || (length as number) < 0 || typeof tail !== 'string') {
      throw new SignatureError('a signature does not say what it is about');
    }
    return {
      length: length as number,
      tail: Buffer.from(tail, 'base64url'),
      protected: head,
      signature,
      header,
    };
  });
}

function publicKeyOf(header: Fields): KeyObject {
  const { jwk, x5c } = header;
  try {
    const [certificate] = Array.isArray(x5c) ? (x5c as unknown[]) : [];
    if (typeof certificate === 'string') {
      return new X509Certificate(Buffer.from(certificate, 'base64')).publicKey;
    }
    const key = createPublicKey({ key: jwk as object, format: 'jwk' });
    const named = isFields(jwk) ? jwk['kid'] : undefined;
    if (named !== undefined && named !== keyId(key)) throw new Error('another key');
    return key;
  } catch {
    throw new SignatureError('the key of a signature is missing or cannot be used');
  }
}

/** Bytes up to the last one before the closing brace and the white space around it. */
function formatLength(payload: Buffer): number {
  const text = payload.toString('latin1');
  const found = /^([^]*[^\s,])\s*\}\s*$/.exec(text);
  if (!found?.[1]) throw new SignatureError('what is to be signed is no JSON object');
  return found[1].length;
}

function indentOf(payload: Buffer): string {
  return /^\{\n([^"]*)"/.exec(payload.subarray(0, 256).toString('latin1'))?.[1] ?? '';
}

function signedBytes(head: string, payload: Buffer): Buffer {
  return Buffer.from(`${head}.${payload.toString('base64url')}`);
}

/** JOSE writes an EC signature as its two numbers, not as DER (RFC 7518, 3.4). */
function signingOptions(key: KeyObject): { key: KeyObject; dsaEncoding: 'ieee-p1363' } {
  return { key, dsaEncoding: 'ieee-p1363' };
}

function hashOf(algorithm: Algorithm): string {
  return `sha${algorithm.slice(2)}`;
}

function base64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function parseFields(text: string): Fields {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isFields(parsed)) return parsed;
  } catch {
    // Told below.
  }
  throw new SignatureError('the manifest or its protected header is not a JSON object');
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
