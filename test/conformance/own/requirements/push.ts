import { must, type Section, should } from '../requirement.ts';

/** "Push" of the OCI distribution specification. */
export const push: readonly Section[] = [
  {
    title: 'Push',
    requirements: {
      'push-1': must('a manifest whose subject is not there yet is taken'),
      'push-2': must('a manifest that is refused for what it references gets MANIFEST_BLOB_UNKNOWN errors'),
      'push-3': should('a digest that is invalid, wrong or of an unsupported algorithm is answered 400', {
        since: 'draft',
      }),
    },
  },
  {
    title: 'POST then PUT',
    requirements: {
      'upload-1': must('POST answers 202 with a Location'),
      'upload-2': must('that Location has an id that no other upload has'),
      'upload-3': must('PUT with the digest answers 201 with the Location of a blob that can be pulled'),
    },
  },
  {
    title: 'Single POST',
    requirements: {
      'single-post-1': must(
        'the body is as long as Content-Length says and has the digest that the request names',
      ),
      'single-post-2': must('POST with a digest and the blob answers 201 with the Location of the blob'),
      'single-post-3': should('a registry without single POST answers 202 with a Location', {
        inapplicable: 'single POST is supported',
      }),
    },
  },
  {
    title: 'Pushing a blob in chunks',
    requirements: {
      'chunk-1': should('a registry with a minimum chunk size tells it in OCI-Chunk-Min-Length', {
        inapplicable: 'a chunk may have any length',
      }),
      'chunk-2': must('a chunk that was taken is answered 202 with Location and Range'),
      'chunk-3': must('a Content-Range is two decimal numbers with a hyphen, both inclusive'),
      'chunk-4': must('the first chunk begins at byte 0'),
      'chunk-5': must('a chunk out of order is answered 416'),
      'chunk-6': must('the session ends with a PUT: until then there is no blob'),
      'chunk-7': must('the closing PUT names the digest of the whole blob'),
      'chunk-8': must(
        'the closing PUT, with or without a last chunk, answers 201 with the Location of the blob',
      ),
      'chunk-9': must('a last chunk out of order is answered 416', { since: 'draft' }),
      'chunk-10': must('GET of a running upload answers 204 with Location and the Range so far'),
      'chunk-11': should('the POST of an upload may name its digest algorithm', { since: 'draft' }),
      'chunk-12': must('an upload goes on where the status after a 416 says'),
    },
  },
  {
    title: 'Cancel a blob upload',
    requirements: {
      'cancel-1': should('DELETE of an upload answers 204', { since: 'draft' }),
      'cancel-2': should('an upload that is left alone ends after some time', { since: 'draft' }),
    },
  },
  {
    title: 'Mounting a blob from another repository',
    requirements: {
      'mount-1': must('a mount answers 201 with the Location of the blob'),
      'mount-2': should('a mount that is not possible starts an upload: 202'),
    },
  },
  {
    title: 'Pushing manifests',
    requirements: {
      'manifest-push-1': should('parameters of the Content-Type are ignored'),
      'manifest-push-2': must('a manifest is pushed by a tag or a digest and by nothing else'),
      'manifest-push-3': must(
        'a manifest may have an empty list of blobs, and those that it has are referenced',
      ),
      'manifest-push-4': must('a manifest is kept byte for byte'),
      'manifest-push-5': must('PUT answers 201 with the Location of a manifest that can be pulled'),
      'manifest-push-6': must('Docker-Content-Digest of the answer is the digest that the client gave'),
      'manifest-push-7': should('at least 10 tag parameters are taken with one push by digest', {
        since: 'draft',
      }),
      'manifest-push-8': must('OCI-Tag names each tag that was set', { since: 'draft' }),
      'manifest-push-9': must('a pull from a repository that does not exist answers 404'),
      'manifest-push-10': should('the size of a manifest is limited'),
      'manifest-push-11': should('a manifest above the limit is answered 413'),
      'manifest-push-12': should('a manifest of 4 megabytes is taken'),
    },
  },
  {
    title: 'Pushing manifests with subject',
    requirements: {
      'subject-1': must('PUT of a manifest with a subject answers with OCI-Subject'),
    },
  },
];
