import type { Request } from 'express';
import {
  type Algorithm,
  type Digest,
  digestAlgorithm,
  isAlgorithm,
  parseDigest,
} from '../registry/digest.ts';
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
  const { uploads } = services.registry;
  const upload = await uploads.start(repository, digest ? digestAlgorithm(digest) : algorithmOf(request));
  if (digest) return takeWhole(context, upload, digest);
  // No OCI-Chunk-Min-Length: "If the registry has a minimum chunk size", and any size is taken here.
  describeUpload(context, upload);
  sendEmpty(response, 202);
}

/** Nobody has been told the place of this upload, so nobody could go on with it after an error. */
async function takeWhole(context: Context, upload: Upload, digest: Digest): Promise<void> {
  try {
    await completeUpload(context, upload, digest);
  } catch (error) {
    await context.services.registry.uploads.cancel(upload).catch(() => {});
    throw error;
  }
}

/**
 * "When pushing a blob with a digest algorithm other than `sha256`, the post request SHOULD include the `digest-algorithm`
 * parameter"; one that "uses an unsupported algorithm" is a 400.
 */
function algorithmOf({ query }: Request): Algorithm | undefined {
  const { 'digest-algorithm': name } = query;
  if (name === undefined || name === '') return undefined;
  if (typeof name === 'string' && isAlgorithm(name)) return name;
  throw registryError(
    'DIGEST_INVALID',
    { algorithm: name },
    'the digest algorithm is not one of sha256, sha512',
  );
}

/**
 * Tries what `?mount=&from=` asks for. A blob that cannot be mounted is uploaded instead; so is one of a repository that
 * the user may not pull from, so that the answer does not tell whether it is there.
 */
async function mountBlob(context: Context): Promise<Digest | undefined> {
  const { services, request, repository, subject, signal } = context;
  const { mount } = request.query;
  if (mount === undefined || mount === '') return undefined;
  const digest = requireDigest(mount);
  const { blobs } = services.registry;
  const source =
    mountSource(request) ??
    // "The registry MAY treat the `from` parameter as optional, and it MAY cross-mount the blob if it can be found."
    (request.query['from'] === undefined
      ? await blobs.findSource({ digest, repository, mayPull: (name) => subject.mayPull(name) })
      : undefined);
  if (source === undefined || !subject.mayPull(source)) return undefined;
  return (await blobs.mount(repository, digest, source, signal)) ? digest : undefined;
}

/** The repository that `?mount=&from=` names. */
export function mountSource({ query }: Request): string | undefined {
  const { mount, from } = query;
  return mount !== undefined && typeof from === 'string' && isRepositoryName(from) ? from : undefined;
}

/** `GET /v2/<name>/blobs/uploads/<uuid>`: how far the upload is. */
export async function getUpload(context: Context): Promise<void> {
  const upload = await findUpload(context);
  describeUpload(context, upload);
  sendEmpty(context.response, 204);
}

/** `PATCH /v2/<name>/blobs/uploads/<uuid>`: appends a chunk, or the whole as a stream. */
export async function patchUpload(context: Context): Promise<void> {
  const { services, response } = context;
  services.registry.refuseIfReadOnly();
  const upload = await findUpload(context);
  requireNext(context, upload);
  const appended = await appendBody(context, upload);
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
  const { services, signal } = context;
  const { uploads } = services.registry;
  const whole = await appendBody(context, upload, digestAlgorithm(digest));
  await uploads.commit(whole, digest, signal);
  sendBlobCreated(context, digest);
}

async function appendBody(context: Context, upload: Upload, algorithm?: Algorithm): Promise<Upload> {
  const { services, request } = context;
  let appended: Upload;
  try {
    appended = await services.registry.uploads.append(upload, request, algorithm);
  } catch (error) {
    if (!(error instanceof RegistryError) || error.problems[0].code !== 'RANGE_INVALID') throw error;
    // Another request goes on with this upload: how far it is, is the answer to this one.
    const now = await services.registry.uploads.find(upload.repository, upload.id);
    throw new RegistryError(error.problems, uploadHeaders(context, now));
  }
  const range = contentRange(request);
  if (range && range.end !== appended.size - 1) {
    throw registryError('SIZE_INVALID', { contentRange: range.header, size: appended.size });
  }
  return appended;
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
  const range = contentRange(request);
  if (!range) return;
  const { header, start, end } = range;
  // "If a chunk is uploaded out of order, the registry MUST respond with a `416 Requested Range Not Satisfiable` code."
  if (start !== upload.size || !(end >= start)) {
    throw new RegistryError(
      [{ code: 'RANGE_INVALID', detail: { contentRange: header, size: upload.size } }],
      uploadHeaders(context, upload),
    );
  }
  const length = request.headers['content-length'];
  if (length !== undefined && Number(length) !== end - start + 1) {
    throw registryError('SIZE_INVALID', { contentRange: header, contentLength: length });
  }
}

/** The header Content-Range as the specification has it (`<start>-<end>`) or as HTTP has it; NaN for what is neither. */
function contentRange(request: Request): { header: string; start: number; end: number } | undefined {
  const header = request.headers['content-range'];
  if (header === undefined) return undefined;
  const [, start, end] = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/.exec(header) ?? [];
  return { header, start: Number(start), end: Number(end) };
}

function optionalDigest(value: unknown): Digest | undefined {
  return value === undefined || value === '' ? undefined : requireDigest(value);
}

function requireDigest(value: unknown): Digest {
  const digest = typeof value === 'string' ? parseDigest(value) : undefined;
  if (!digest) throw registryError('DIGEST_INVALID', { digest: value }, 'the digest is not valid');
  return digest;
}
