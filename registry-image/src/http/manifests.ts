import type { Readable } from 'node:stream';
import type { Request } from 'express';
import { RegistryError, registryError } from '../registry/errors.ts';
import type { StoredManifest } from '../registry/manifests.ts';
import { mediaTypes } from '../registry/manifest-format.ts';
import { digestOf } from '../registry/digest.ts';
import { isTag, parseReference, type Reference } from '../registry/reference.ts';
import { acceptedTypes } from './accept.ts';
import { sendBuffer, sendEmpty } from './answers.ts';
import { matchesEtag } from './conditions.ts';
import type { Context } from './context.ts';
import { requireDeletion } from './deletion.ts';
import { absoluteUrl } from './location.ts';

/** Largest manifest in bytes: "SHOULD expect to be able to support manifest pushes of at least 4 megabytes". */
const maximumSize = 4 * 1024 * 1024;
/** Manifests up to this size (bytes) need no memory put by. */
const smallSize = 64 * 1024;
/** Milliseconds within which the body of a manifest must have come. */
const timeLimit = 60_000;
const schema1Types: ReadonlySet<string> = new Set([mediaTypes.dockerSchema1, mediaTypes.dockerSchema1Signed]);
/** Most tag parameters of one PUT: "SHOULD support pushing at least 10 tags per request". */
const maximumTags = 10;

/**
 * `GET` and `HEAD /v2/<name>/manifests/<reference>`. By digest what is stored, whatever the Accept header says; by tag
 * too, but an image of Docker's schema 2 only when that is accepted, as distribution 2.8 does it.
 */
export async function getManifest(context: Context): Promise<void> {
  const { request, response, target } = context;
  const reference = parseReference(target);
  if (!reference) throw registryError('MANIFEST_UNKNOWN', { reference: target });
  if (reference.tag !== undefined) response.setHeader('Vary', 'Accept');
  const manifest = await answerTo(context, reference);
  response.setHeader('Docker-Content-Digest', manifest.digest);
  response.setHeader('ETag', `"${manifest.digest}"`);
  if (matchesEtag(request.headers['if-none-match'], manifest.digest)) return sendEmpty(response, 304);
  sendBuffer(response, 200, manifest.content, manifest.mediaType);
}

async function answerTo(context: Context, reference: Reference): Promise<StoredManifest> {
  const { services, request, response, repository } = context;
  const { schema1 } = services.registry;
  const stored =
    reference.tag === undefined
      ? await readStored(context, reference)
      : await readTagged(context, reference.tag);
  const { digest, mediaType, content } = stored;
  if (schema1Types.has(mediaType)) {
    return (await schema1.sign(digest, content)) ?? stored;
  }
  const wantsSchema1 =
    mediaType === mediaTypes.dockerManifest && !acceptedTypes(request).has(mediaTypes.dockerManifest);
  if (reference.tag === undefined || !wantsSchema1) return stored;
  const converted = await schema1.convert({ repository, tag: reference.tag, digest, manifest: content });
  if (converted) {
    // OCI distribution specification, "Warnings".
    response.setHeader(
      'Warning',
      '299 - "converted to the outdated Docker schema 1, because the request does not accept schema 2"',
    );
  }
  return converted ?? stored;
}

/** What is stored under a tag; a tag of the referrers tag schema shows what the referrers API does. */
async function readTagged(context: Context, tag: string): Promise<StoredManifest> {
  const { referrers } = context.services.registry;
  let stored: StoredManifest | undefined;
  let unknown: unknown;
  try {
    stored = await readStored(context, { tag });
  } catch (error) {
    if (!(error instanceof RegistryError) || error.problems[0].code !== 'MANIFEST_UNKNOWN') throw error;
    unknown = error;
  }
  const content = await referrers.taggedIndex(context.repository, tag, stored?.content);
  if (content) return { digest: digestOf(content), mediaType: mediaTypes.ociIndex, content };
  if (stored) return stored;
  throw unknown;
}

async function readStored(
  { services, request, repository, subject, signal }: Context,
  reference: Reference,
): Promise<StoredManifest> {
  const { manifests, pulls } = services.registry;
  const renewLease = request.method === 'HEAD' && subject.mayPush();
  const stored = await manifests.get(repository, reference, { renewLease, signal });
  // A HEAD asks what there is; who pulls gets the manifest.
  if (request.method === 'GET') pulls.record(repository, stored.digest);
  return stored;
}

/** `PUT /v2/<name>/manifests/<reference>`. */
export async function putManifest(context: Context): Promise<void> {
  const { services, request, response, repository, target, signal } = context;
  services.registry.refuseIfReadOnly();
  const reference = requireReference(target);
  const tags = reference.digest ? requestedTags(request.query['tag']) : [];
  const mediaType = request.headers['content-type'];
  const length = Number(request.headers['content-length'] ?? maximumSize);
  // The bodies of manifests are in memory whole, so none is read while a window holds it.
  await services.registry.untilWritable(signal);
  const { digest, subject } = await services.manifestBodies.run(
    length <= smallSize ? 0 : length,
    async () => {
      signal.throwIfAborted();
      const content = await readInTime(request, length);
      return services.registry.manifests.put({ repository, reference, tags, mediaType, content, signal });
    },
  );
  response.setHeader('Location', absoluteUrl(context, `/v2/${repository}/manifests/${digest}`));
  response.setHeader('Docker-Content-Digest', digest);
  // "the registry MUST include OCI-Subject" once it processes the subject field.
  if (subject) response.setHeader('OCI-Subject', subject);
  if (tags.length > 0) response.setHeader('OCI-Tag', tags.join(', '));
  sendEmpty(response, 201);
}

/** `DELETE /v2/<name>/manifests/<reference>`: a tag alone, or a revision with the tags on it. */
export async function deleteManifest(context: Context): Promise<void> {
  const { services, response, repository, target, signal } = context;
  requireDeletion(services);
  const reference = requireReference(target);
  await services.registry.manifests.delete(repository, reference, signal);
  if (reference.digest) response.setHeader('Docker-Content-Digest', reference.digest);
  sendEmpty(response, 202);
}

function requireReference(text: string): Reference {
  const reference = parseReference(text);
  if (reference) return reference;
  if (text.includes(':')) throw registryError('DIGEST_INVALID', { digest: text }, 'the digest is not valid');
  throw registryError('TAG_INVALID', { tag: text }, 'the tag is not valid');
}

function requestedTags(value: unknown): string[] {
  const given = (Array.isArray(value) ? value : [value]).filter((tag) => tag !== undefined).map(String);
  const tags = [...new Set(given)];
  const wrong = tags.find((tag) => !isTag(tag));
  if (wrong !== undefined) throw registryError('TAG_INVALID', { tag: wrong }, 'the tag is not valid');
  if (tags.length > maximumTags) {
    // "MAY return a 414 Request-URI Too Long status if too many tags are included in the request."
    const message = `at most ${maximumTags} tags can be set at once`;
    throw new RegistryError([{ code: 'TAG_INVALID', message }], {}, 414);
  }
  return tags;
}

/** Somebody who sends slowly must not keep the memory for ever that others wait for. */
async function readInTime(request: Request, announced: number): Promise<Buffer> {
  const late = setTimeout(() => request.destroy(new Error('the manifest came in too slowly')), timeLimit);
  try {
    return await readLimited(request, announced);
  } finally {
    clearTimeout(late);
  }
}

async function readLimited(body: Readable, announced: number): Promise<Buffer> {
  // "A registry that enforces this limit SHOULD respond […] with a response code 413 Payload Too Large."
  const tooLarge = new RegistryError(
    [{ code: 'MANIFEST_INVALID', detail: `a manifest is at most ${maximumSize} bytes long` }],
    {},
    413,
  );
  if (announced > maximumSize) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  // The stream is not destroyed when this ends early: the connection is still needed for the answer.
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maximumSize) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
