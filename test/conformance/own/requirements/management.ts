import { must, type Section } from '../requirement.ts';

/** "Content Management" of the OCI distribution specification. */
export const management: readonly Section[] = [
  {
    title: 'Deleting tags',
    requirements: {
      'tag-delete-1': must('DELETE of a tag answers 202, and the tag is gone'),
      'tag-delete-2': must('where it is switched off it answers 400 or 405'),
    },
  },
  {
    title: 'Deleting manifests',
    requirements: {
      'manifest-delete-1': must('DELETE of a manifest answers 202; its digest and its tags are gone'),
      'manifest-delete-2': must('DELETE in a repository that does not exist answers 404'),
      'manifest-delete-3': must('where it is switched off it answers 400 or 405'),
    },
  },
  {
    title: 'Deleting blobs',
    requirements: {
      'blob-delete-1': must('DELETE of a blob answers 202'),
      'blob-delete-2': must('DELETE of a blob that is not there answers 404'),
      'blob-delete-3': must('where it is switched off it answers 400 or 405'),
    },
  },
];
