import { must, type Section, should } from '../requirement.ts';

/** "Requirements" and "Pull" of the OCI distribution specification. */
export const pull: readonly Section[] = [
  {
    title: 'Requirements',
    requirements: {
      'categories-1': must('every endpoint of the category Pull is there'),
      'categories-2': should('the categories Push, Content Discovery and Content Management are there too'),
      'categories-3': must('a category that is claimed is there with all of its endpoints'),
    },
  },
  {
    title: 'Pulling manifests',
    requirements: {
      'manifest-pull-1': must('a repository name follows the grammar; another is refused'),
      'manifest-pull-2': must('a manifest is named by a tag or by a digest and by nothing else'),
      'manifest-pull-3': must('a tag has at most 128 characters of the grammar'),
      'manifest-pull-4': should('the Content-Type of an answer has no parameters'),
      'manifest-pull-5': should('the Content-Type of an answer is the one that the manifest was pushed with'),
      'manifest-pull-6': must('GET of a manifest that is there answers 200 with exactly that manifest'),
      'manifest-pull-7': must(
        'the answer names the digest of the manifest in Docker-Content-Digest (1.1: SHOULD)',
      ),
      'manifest-pull-8': must('GET of a manifest that the repository does not have answers 404'),
    },
  },
  {
    title: 'Pulling blobs',
    requirements: {
      'blob-pull-1': must('GET of a blob that is there answers 200 with exactly that blob'),
      'blob-pull-2': must('the answer names the digest of the blob in Docker-Content-Digest (1.1: SHOULD)'),
      'blob-pull-3': must('that digest is the one of the bytes in the answer'),
      'blob-pull-4': must('GET of a blob that the repository does not have answers 404'),
      'blob-pull-5': should('the header Range is honoured as HTTP describes it'),
    },
  },
  {
    title: 'Checking if content exists',
    requirements: {
      'existence-1': must('HEAD of a blob or manifest that is there answers 200'),
      'existence-2': must('its answer has the digest in Docker-Content-Digest (1.1: SHOULD)'),
      'existence-3': must('its answer has the size in Content-Length (1.1: SHOULD)'),
      'existence-4': must('HEAD of what the repository does not have answers 404'),
    },
  },
];
