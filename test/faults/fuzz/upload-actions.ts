import type { Action } from './action.ts';
import { chooseDigest, message, repositoryOf } from './choices.ts';
import { contentOf, digestOf, forget, type KnownUpload, type Model, pick } from './model.ts';
import type { Intent, RangeChoice, StateChoice } from './step.ts';
import type { WireAnswer } from './wire.ts';

type UploadIntent = Extract<Intent, { do: 'start' | 'patch' | 'finish' | 'status' | 'cancel' }>;

export function isUploadIntent(intent: Intent): intent is UploadIntent {
  return ['start', 'patch', 'finish', 'status', 'cancel'].includes(intent.do);
}

export function uploadAction(intent: UploadIntent, model: Model): Action {
  switch (intent.do) {
    case 'start':
      return startAction(intent, model);
    case 'patch':
      return patchAction(intent, model);
    case 'finish':
      return finishAction(intent, model);
    case 'status':
    case 'cancel':
    default:
      return otherAction(intent, model);
  }
}

function startAction(intent: Extract<Intent, { do: 'start' }>, model: Model): Action {
  const repository = repositoryOf(model, intent.repository);
  const base = `/v2/${repository.name}/blobs/uploads/`;
  const content = contentOf(intent.content);
  switch (intent.mode) {
    case 'plain':
      return {
        message: message('POST', base),
        expected: [202],
        settle(answer) {
          if (answer?.status !== 202) return;
          model.uploads.push({ repository, location: locationOf(answer), content: Buffer.alloc(0) });
        },
      };
    case 'whole':
      return {
        message: { ...message('POST', `${base}?digest=${digestOf(content)}`), body: content },
        expected: [201],
        settle: (answer) => void (answer?.status === 201 && repository.blobs.set(digestOf(content), content)),
      };
    case 'wholeWrong': {
      const wrong = digestOf(Buffer.from('other content'));
      return { message: { ...message('POST', `${base}?digest=${wrong}`), body: content }, expected: [400] };
    }
    case 'mount':
    case 'mountUnknown':
    case 'mountMalformed':
      return mountAction(intent, model);
    case 'badName':
    default:
      return { message: message('POST', `/v2/Bad..Name/${intent.repository}/blobs/uploads/`) };
  }
}

function mountAction(intent: Extract<Intent, { do: 'start' }>, model: Model): Action {
  const repository = repositoryOf(model, intent.repository);
  const source = repositoryOf(model, intent.repository + 1);
  const kind = { mountUnknown: 'unknown', mountMalformed: 'malformed' } as const;
  const chosen =
    intent.mode === 'mountUnknown' || intent.mode === 'mountMalformed' ? kind[intent.mode] : 'known';
  const digest = chooseDigest({ kind: chosen, number: intent.content.seed }, source.blobs.keys());
  const content = source.blobs.get(digest);
  const from = intent.content.seed % 7 === 0 ? '' : `&from=${source.name}`;
  return {
    message: message('POST', `/v2/${repository.name}/blobs/uploads/?mount=${digest}${from}`),
    ...(chosen === 'known' && { expected: content && from !== '' ? [201] : [201, 202] }),
    settle(answer) {
      if (answer?.status === 202) {
        model.uploads.push({ repository, location: locationOf(answer), content: Buffer.alloc(0) });
      } else if (answer?.status === 201 && content) {
        repository.blobs.set(digest, content);
      }
    },
  };
}

function patchAction(intent: Extract<Intent, { do: 'patch' }>, model: Model): Action {
  const upload = pick(model.uploads, intent.upload);
  const content = contentOf(intent.content);
  const range = contentRange(intent.range, upload?.content.length ?? 0, content.length);
  const headers = range === undefined ? undefined : { 'Content-Range': range };
  const inOrder = intent.range === 'none' || (intent.range === 'right' && content.length > 0);
  const known = knows(upload, intent.state);
  return {
    message: { ...message('PATCH', pathOf(upload, intent.state, model), headers), body: content },
    ...(known && inOrder && { expected: [202] }),
    settle(answer) {
      if (!upload) return;
      // Without a Content-Length a body that is too short shows only when it has ended: what came of it may stay.
      if (intent.range === 'long') return forget(model, upload);
      if (answer && answer.status >= 400) return;
      if (answer?.status !== 202) return forget(model, upload);
      upload.location = locationOf(answer);
      upload.content = Buffer.concat([upload.content, content]);
      if (`0-${Math.max(0, upload.content.length - 1)}` !== answer.headers.get('range'))
        forget(model, upload);
    },
    judge: (answer) => {
      const size = known && upload ? upload.content.length + content.length : undefined;
      if (size === undefined || answer.headers.get('range') === `0-${Math.max(0, size - 1)}`)
        return undefined;
      return `${size} bytes were sent, and the Range is ${answer.headers.get('range')}`;
    },
  };
}

function contentRange(choice: RangeChoice, offset: number, length: number): string | undefined {
  switch (choice) {
    case 'none':
      return undefined;
    case 'right':
      return `${offset}-${offset + length - 1}`;
    case 'gap':
      return `${offset + 10}-${offset + 9 + length}`;
    case 'long':
      return `${offset}-${offset + length + 9}`;
    case 'odd':
    default:
      return pick(
        ['bytes */*', '-1-5', '0-', '5-1', 'x', '99999999999999999999-99999999999999999999'],
        length,
      );
  }
}

function finishAction(intent: Extract<Intent, { do: 'finish' }>, model: Model): Action {
  const upload = pick(model.uploads, intent.upload);
  const last = contentOf(intent.content);
  const whole = Buffer.concat([upload?.content ?? Buffer.alloc(0), last]);
  const digest = {
    right: digestOf(whole),
    sha512: digestOf(whole, 'sha512'),
    wrong: digestOf(Buffer.from(`not ${intent.upload}`)),
    malformed: 'sha256:no',
    missing: undefined,
  }[intent.digest];
  const path = pathOf(upload, intent.state, model);
  const query = digest === undefined ? '' : `${path.includes('?') ? '&' : '?'}digest=${digest}`;
  const good = intent.digest === 'right' || intent.digest === 'sha512';
  const known = knows(upload, intent.state);
  return {
    message: { ...message('PUT', path + query), body: last },
    ...(known && good && { expected: [201] }),
    settle(answer) {
      if (upload && answer?.status === 201 && digest !== undefined)
        upload.repository.blobs.set(digest, whole);
      // What a refused completion leaves is not said anywhere.
      if (upload && (known || !answer)) forget(model, upload);
    },
  };
}

function otherAction(intent: Extract<Intent, { do: 'status' | 'cancel' }>, model: Model): Action {
  const upload = pick(model.uploads, intent.upload);
  const path = pathOf(upload, intent.state, model);
  const known = knows(upload, intent.state);
  if (intent.do === 'status') {
    return { message: message(intent.head ? 'HEAD' : 'GET', path), ...(known && { expected: [204] }) };
  }
  return {
    message: message('DELETE', path),
    ...(known && { expected: [204] }),
    settle: (answer) => {
      if (upload && (!answer || answer.status < 400)) forget(model, upload);
    },
  };
}

function knows(upload: KnownUpload | undefined, state: StateChoice): boolean {
  return upload !== undefined && (state === 'kept' || state === 'dropped');
}

function pathOf(upload: KnownUpload | undefined, state: StateChoice, model: Model): string {
  const unknown = `/v2/${model.repositories[0].name}/blobs/uploads/00000000-0000-4000-8000-000000000000`;
  if (!upload || state === 'unknownUpload') return unknown;
  const [path = unknown] = upload.location.split('?');
  if (state === 'dropped') return path;
  return state === 'forged' ? `${path}?_state=${Buffer.alloc(80, 1).toString('base64url')}` : upload.location;
}

function locationOf(answer: WireAnswer): string {
  const url = new URL(answer.headers.get('location') ?? '', 'http://any');
  return url.pathname + url.search;
}
