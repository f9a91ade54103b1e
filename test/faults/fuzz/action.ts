import type { Message } from './message.ts';
import { chooseDigest, message, repositoryOf } from './choices.ts';
import { contentOf, digestOf, forgetManifest, type Model, pick } from './model.ts';
import { makeManifest } from './manifests.ts';
import type { Intent } from './step.ts';
import { isUploadIntent, uploadAction } from './upload-actions.ts';
import type { WireAnswer } from './wire.ts';

/** A request and what it means for the model. */
export interface Action {
  readonly message: Message;
  /** What a correct request must be answered; anything below 500 when undefined. */
  readonly expected?: readonly number[];
  /** Takes the answer into the model, or, without one, that nobody knows what became of the request. */
  readonly settle?: (answer: WireAnswer | undefined) => void;
  /** What is wrong about an answer with an expected status. */
  readonly judge?: (answer: WireAnswer) => string | undefined;
}

/** The request that an intent stands for at this moment. */
export function actionOf(intent: Intent, model: Model): Action {
  if (isUploadIntent(intent)) return uploadAction(intent, model);
  switch (intent.do) {
    case 'base':
      return { message: message(intent.head ? 'HEAD' : 'GET', '/v2/'), expected: [200, 401] };
    case 'login':
      return { message: message('GET', '/v2/_token') };
    case 'list':
      return { message: message(intent.head ? 'HEAD' : 'GET', listPath(intent, model)) };
    case 'blob':
      return blobAction(intent, model);
    case 'manifest':
      return manifestAction(intent, model);
    case 'putManifest':
      return putManifestAction(intent, model);
    case 'referrers':
      return referrersAction(intent, model);
    case 'free':
    default:
      return {
        message: { ...message(intent.method, intent.path, intent.headers), body: contentOf(intent.content) },
      };
  }
}

function listPath(intent: Extract<Intent, { do: 'list' }>, model: Model): string {
  if (intent.what === 'catalog') return `/v2/_catalog${intent.query}`;
  return `/v2/${repositoryOf(model, intent.repository).name}/tags/list${intent.query}`;
}

function blobAction(intent: Extract<Intent, { do: 'blob' }>, model: Model): Action {
  const repository = repositoryOf(model, intent.repository);
  const digest = chooseDigest(intent.digest, repository.blobs.keys());
  const content = repository.blobs.get(digest);
  const base = { message: message(intent.method, `/v2/${repository.name}/blobs/${digest}`, intent.headers) };
  if (intent.method === 'DELETE') {
    return {
      ...base,
      ...(content && { expected: [202] }),
      settle: () => void repository.blobs.delete(digest),
    };
  }
  if (!content) return base;
  return {
    ...base,
    expected: intent.headers['Range'] === undefined ? [200, 304] : [200, 206, 304, 416],
    judge: (answer) => (answer.status === 200 ? judgeBody(intent.method, answer, content) : undefined),
  };
}

function judgeBody(method: string, { body, headers }: WireAnswer, content: Buffer): string | undefined {
  if (headers.get('content-length') !== String(content.length)) return 'the Content-Length is wrong';
  return method === 'HEAD' || body.equals(content) ? undefined : 'the content is wrong';
}

function manifestAction(intent: Extract<Intent, { do: 'manifest' }>, model: Model): Action {
  const repository = repositoryOf(model, intent.repository);
  const byTag = intent.by === 'tag';
  const digest = byTag
    ? repository.tags.get(pick([...repository.tags.keys()], intent.digest.number) ?? '')
    : chooseDigest(intent.digest, repository.manifests.keys());
  const tag = pick([...repository.tags.keys()], intent.digest.number);
  const reference = byTag ? (tag ?? 'none') : (digest ?? 'none');
  const base = {
    message: message(intent.method, `/v2/${repository.name}/manifests/${reference}`, intent.headers),
  };
  const known = repository.manifests.get(digest ?? '');
  if (intent.method === 'DELETE') {
    return {
      ...base,
      ...(known && { expected: [202] }),
      settle() {
        if (byTag) repository.tags.delete(tag ?? '');
        else forgetManifest(repository, digest ?? '');
      },
    };
  }
  if (!known) return base;
  return {
    ...base,
    expected: [200, 304],
    // By tag, and without a fitting Accept, Docker's schema 2 is converted to schema 1.
    ...(!byTag && {
      judge: (answer: WireAnswer) =>
        answer.status === 200 ? judgeBody(intent.method, answer, known.content) : undefined,
    }),
  };
}

function putManifestAction(intent: Extract<Intent, { do: 'putManifest' }>, model: Model): Action {
  const repository = repositoryOf(model, intent.repository);
  const { content, mediaType, valid } = makeManifest(intent.kind, repository, intent.number);
  const algorithm = intent.reference === 'sha512' ? 'sha512' : 'sha256';
  const digest = digestOf(content, algorithm);
  const tag = pick(['v1', 'v2', 'latest', 'other'], intent.number) ?? 'v1';
  const byTag = intent.reference === 'tag';
  const reference = {
    tag,
    digest,
    sha512: digest,
    wrongDigest: digestOf(Buffer.from('other')),
    badTag: '-bad%20tag',
    badDigest: 'sha256:bad',
  }[intent.reference];
  const query = byTag
    ? ''
    : intent.tags.map((name, index) => `${index === 0 ? '?' : '&'}tag=${name}`).join('');
  const type = { right: mediaType, wrong: 'application/vnd.oci.image.index.v1+json; x', none: undefined }[
    intent.type
  ];
  const headers = type === undefined ? undefined : { 'Content-Type': type };
  const good = byTag || intent.reference === 'digest' || intent.reference === 'sha512';
  const must = valid && good && intent.type === 'right' && (byTag || intent.tags.length <= 10);
  return {
    message: {
      ...message('PUT', `/v2/${repository.name}/manifests/${reference}${query}`, headers),
      body: content,
    },
    ...(must && { expected: [201] }),
    settle(answer) {
      if (answer && answer.status >= 400) return;
      const set = byTag ? [tag] : intent.tags;
      for (const name of set) repository.tags.delete(name);
      if (answer?.status !== 201) return;
      repository.manifests.set(digest, { content, mediaType });
      for (const name of set) repository.tags.set(name, digest);
    },
  };
}

function referrersAction(intent: Extract<Intent, { do: 'referrers' }>, model: Model): Action {
  const repository = repositoryOf(model, intent.repository);
  const digest = chooseDigest(intent.digest, repository.manifests.keys());
  const path = `/v2/${repository.name}/referrers/${digest}${intent.query}`;
  return { message: message(intent.head ? 'HEAD' : 'GET', path) };
}
