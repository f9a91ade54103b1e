import { type Digest, digestAlgorithm, parseDigest } from '../registry/digest.ts';
import { RegistryError, registryError } from '../registry/errors.ts';
import { isRepositoryName } from '../registry/reference.ts';
import type { Upload } from '../registry/uploads.ts';
import { sendEmpty } from './answers.ts';
import type { Context } from './context.ts';
import { absoluteUrl } from './location.ts';

/** `POST /v2/<name>/blobs/uploads/`: starts an upload, mounts a blob, or takes one whole blob (`?digest=`). */
export async function startUpload(context: Context): Promise<void> {
  const { services, request, response, repository } = context;
  services.registry.refuseIfReadOnly();
  const mounted = await mountBlob(context);
  if (mounted) return sendBlobCreated(context, mounted);
  const digest = optionalDigest(request.query['digest']);
  const upload = await services.registry.uploads.start(repository);
  if (digest) return completeUpload(context, upload, digest);
  describeUpload(context, upload);
  response.setHeader('Range', '0-0');
  sendEmpty(response, 202);
}

/** Tries what `?mount=&from=` asks for. A blob that cannot be mounted is uploaded instead. */
async function mountBlob(context: Context): Promise<Digest | undefined> {
  const { services, request, repository, signal } = context;
  const { mount, from } = request.query;
  if (mount === undefined || mount === '') return undefined;
  const digest = requireDigest(mount);
  if (typeof from !== 'string' || !isRepositoryName(from)) return undefined;
  await services.access.authorize(request.headers.authorization, [{ repository: from, action: 'pull' }]);
  return (await services.registry.blobs.mount(repository, digest, from, signal)) ? digest : undefined;
}

/** `GET /v2/<name>/blobs/uploads/<uuid>`: how far the upload is. */
export async function getUpload(context: Context): Promise<void> {
  const upload = await findUpload(context);
  describeUpload(context, upload);
  sendEmpty(context.response, 204);
}

/** `PATCH /v2/<name>/blobs/uploads/<uuid>`: appends a chunk, or the whole as a stream. */
export async function patchUpload(context: Context): Promise<void> {
  const { services, request, response } = context;
  services.registry.refuseIfReadOnly();
  const upload = await findUpload(context);
  requireNext(context, upload);
  const appended = await services.registry.uploads.append(upload, request);
  describeUpload(context, appended);
  sendEmpty(response, 202);
}

/** `PUT /v2/<name>/blobs/uploads/<uuid>?digest=`: completes an upload, with or without a last chunk. */
export async function finishUpload(context: Context): Promise<void> {
  const { services, request } = context;
  services.registry.refuseIfReadOnly();
  const upload = await findUpload(context);
  const digest = requireDigest(request.query['digest']);
  requireNext(context, upload);
  await completeUpload(context, upload, digest);
}

/** `DELETE /v2/<name>/blobs/uploads/<uuid>`. */
export async function cancelUpload(context: Context): Promise<void> {
  const { services, response } = context;
  services.registry.refuseIfReadOnly();
  const upload = await findUpload(context);
  await services.registry.uploads.cancel(upload);
  response.setHeader('Docker-Upload-UUID', upload.id);
  sendEmpty(response, 204);
}

async function completeUpload(context: Context, upload: Upload, digest: Digest): Promise<void> {
  const { services, request, signal } = context;
  const { uploads } = services.registry;
  const whole = await uploads.append(upload, request, digestAlgorithm(digest));
  await uploads.commit(whole, digest, signal);
  sendBlobCreated(context, digest);
}

function sendBlobCreated(context: Context, digest: Digest): void {
  const { response, repository } = context;
  response.setHeader('Location', absoluteUrl(context, `/v2/${repository}/blobs/${digest}`));
  response.setHeader('Docker-Content-Digest', digest);
  sendEmpty(response, 201);
}

/** The upload of the path. A `_state` is not needed, but one that is there must be ours. */
async function findUpload({ services, request, repository, target }: Context): Promise<Upload> {
  const upload = await services.registry.uploads.find(repository, target);
  const { _state: state } = request.query;
  if (state !== undefined && (typeof state !== 'string' || !services.uploadState.verify(state, upload))) {
    throw registryError('BLOB_UPLOAD_INVALID', { uuid: target });
  }
  return upload;
}

function describeUpload(context: Context, upload: Upload): void {
  for (const [name, value] of Object.entries(uploadHeaders(context, upload)))
    context.response.setHeader(name, value);
}

function uploadHeaders(context: Context, upload: Upload): Record<string, string> {
  const path = `/v2/${upload.repository}/blobs/uploads/${upload.id}`;
  return {
    Location: `${absoluteUrl(context, path)}?_state=${encodeURIComponent(context.services.uploadState.sign(upload))}`,
    Range: `0-${Math.max(0, upload.size - 1)}`,
    'Docker-Upload-UUID': upload.id,
  };
}

/**
 * "Chunks MUST be uploaded in order" (OCI distribution specification, "Pushing a blob in chunks"): a Content-Range must
 * begin where the upload ends, and be as long as the body.
 */
function requireNext(context: Context, upload: Upload): void {
  const { request } = context;
  const header = request.headers['content-range'];
  if (header === undefined) return;
  const [, first, last] = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/.exec(header) ?? [];
  if (first === undefined || Number(first) !== upload.size || Number(last) < Number(first)) {
    throw new RegistryError(
      [{ code: 'RANGE_INVALID', detail: { contentRange: header, size: upload.size } }],
      uploadHeaders(context, upload),
    );
  }
  const length = request.headers['content-length'];
  if (length !== undefined && Number(length) !== Number(last) - Number(first) + 1) {
    throw registryError('SIZE_INVALID', { contentRange: header, contentLength: length });
  }
}

function optionalDigest(value: unknown): Digest | undefined {
  return value === undefined || value === '' ? undefined : requireDigest(value);
}

function requireDigest(value: unknown): Digest {
  const digest = typeof value === 'string' ? parseDigest(value) : undefined;
  if (!digest) throw registryError('DIGEST_INVALID', { digest: value }, 'the digest is not valid');
  return digest;
}
