import { must, type Section, should } from '../requirement.ts';

/** "Content Discovery" of the OCI distribution specification. */
export const discovery: readonly Section[] = [
  {
    title: 'Listing tags',
    requirements: {
      'tags-1': must('the tags of a repository that is there are answered 200'),
      'tags-2': must('the tags are in lexical order, with n and last too'),
      'tags-3': must('the body is JSON with name and tags'),
      'tags-4': must('n gives n tags unless there are fewer, or a Link says that there are more'),
      'tags-5': must('a Link follows RFC 5988 with rel="next"'),
      'tags-6': must('n=0 gives an empty list without a Link'),
      'tags-7': must(
        'last is a tag, not an index; the list begins after it, whether that tag is there or not',
      ),
    },
  },
  {
    title: 'Listing referrers',
    requirements: {
      'referrers-1': must('the referrers in a repository that is there are answered 200'),
      'referrers-2': must('the referrers API never answers 404'),
      'referrers-3': must('a digest that is not valid is answered 400'),
      'referrers-4': must('the body is an image index of descriptors of manifests with this subject'),
      'referrers-5': must('its Content-Type is that of an image index'),
      'referrers-6': must('a descriptor has the artifactType of its manifest or index'),
      'referrers-7': must(
        'without one, the descriptor of an image manifest has the media type of its config',
      ),
      'referrers-8': must('without one, the descriptor of an index has none'),
      'referrers-9': must('a descriptor has the annotations of its manifest or index'),
      'referrers-10': must('nothing that refers gives an empty list'),
      'referrers-11': must('a list that does not fit into one answer goes on behind a Link'),
      'referrers-12': must('that Link follows RFC 5988 with rel="next"'),
      'referrers-13': should('artifactType filters the list'),
      'referrers-14': must('a filter that was applied is named in OCI-Filters-Applied'),
      'referrers-15': must('several filters are separated by commas in OCI-Filters-Applied', {
        inapplicable: 'artifactType is the only filter',
      }),
    },
  },
];
