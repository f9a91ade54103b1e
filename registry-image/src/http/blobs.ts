import { type Digest, parseDigest } from '../registry/digest.ts';
import { RegistryError, registryError } from '../registry/errors.ts';
import { blobDataPath } from '../storage/paths.ts';
import { sendEmpty } from './answers.ts';
import { clientAddress } from './client-address.ts';
import { matchesEtag, requestedRange } from './conditions.ts';
import type { Context } from './context.ts';
import { requireDeletion } from './deletion.ts';
import { sendContent } from './content.ts';

/** `GET` and `HEAD /v2/<name>/blobs/<digest>`. */
export async function getBlob(context: Context): Promise<void> {
  const { services, request, response, repository, target, subject, signal } = context;
  const digest = requireDigest(target);
  const renewLease = request.method === 'HEAD' && subject.mayPush();
  const blob = await services.registry.blobs.stat(repository, digest, { renewLease, signal });
  response.setHeader('Docker-Content-Digest', digest);
  if (await redirected(context, blob.digest)) return;
  response.setHeader('ETag', `"${digest}"`);
  response.setHeader('Cache-Control', 'max-age=31536000');
  response.setHeader('Accept-Ranges', 'bytes');
  if (matchesEtag(request.headers['if-none-match'], digest)) return sendEmpty(response, 304);

  const ifRange = request.headers['if-range'];
  const usable = request.method === 'GET' && (ifRange === undefined || ifRange === `"${digest}"`);
  const range = requestedRange(usable ? request.headers.range : undefined, blob.size);
  if (range === 'unsatisfiable') {
    throw new RegistryError([{ code: 'RANGE_INVALID', detail: { size: blob.size } }], {
      'Content-Range': `bytes */${blob.size}`,
    });
  }
  const part = range === 'whole' ? { start: 0, end: blob.size - 1 } : range;
  response.statusCode = range === 'whole' ? 200 : 206;
  if (range !== 'whole') response.setHeader('Content-Range', `bytes ${part.start}-${part.end}/${blob.size}`);
  response.setHeader('Content-Type', 'application/octet-stream');
  const length = part.end - part.start + 1;
  response.setHeader('Content-Length', length);
  if (request.method === 'HEAD' || blob.size === 0) {
    response.end();
    return;
  }
  await sendContent(response, await services.registry.blobs.read(blob, part), length);
}

/**
 * Sends a client that wants the data elsewhere, when there is such a place. Not for HEAD: "A HEAD request to an existing
 * blob or manifest URL MUST return 200 OK" (OCI distribution specification, "Checking if content exists in the registry").
 */
async function redirected({ services, request, response }: Context, digest: Digest): Promise<boolean> {
  if (request.method !== 'GET' || !services.redirects) return false;
  const url = await services.redirects.urlFor({
    path: blobDataPath(digest),
    client: clientAddress(request),
  });
  if (url === undefined) return false;
  response.setHeader('Location', url);
  sendEmpty(response, 307);
  return true;
}

/** `DELETE /v2/<name>/blobs/<digest>`: removes this repository's link alone. */
export async function deleteBlob(context: Context): Promise<void> {
  const { services, response, repository, target, signal } = context;
  requireDeletion(services);
  const digest = requireDigest(target);
  await services.registry.blobs.unlink(repository, digest, signal);
  response.setHeader('Docker-Content-Digest', digest);
  sendEmpty(response, 202);
}

function requireDigest(text: string): Digest {
  const digest = parseDigest(text);
  if (!digest) throw registryError('DIGEST_INVALID', { digest: text }, 'the digest is not valid');
  return digest;
}
