import { type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';

const signAsync = promisify<string, Buffer, KeyObject, Buffer>(sign);

/**
 * A URL signed with a canned policy (Amazon CloudFront Developer Guide, "Create a signed URL using a canned policy"): the
 * policy is not part of the URL, so its text must be exactly this, without white space.
 * @param options.expires when the URL ends to be valid, in seconds since the epoch
 */
export async function signedUrl(options: {
  url: string;
  expires: number;
  keyPairId: string;
  privateKey: KeyObject;
}): Promise<string> {
  const { url, expires, keyPairId, privateKey } = options;
  const policy = JSON.stringify({
    Statement: [{ Resource: url, Condition: { DateLessThan: { 'AWS:EpochTime': expires } } }],
  });
  // RSA with SHA-1 is what CloudFront asks for.
  const signature = await signAsync('RSA-SHA1', Buffer.from(policy), privateKey);
  // "Replace characters that are invalid in a URL query string": + = / by - _ ~
  const encoded = signature.toString('base64').replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~');
  return `${url}?Expires=${expires}&Signature=${encoded}&Key-Pair-Id=${encodeURIComponent(keyPairId)}`;
}
