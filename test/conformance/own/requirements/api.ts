import { must, type Section, should } from '../requirement.ts';

/** "Registry Proxying", "Upgrade Procedures" and "API" of the OCI distribution specification. */
export const api: readonly Section[] = [
  {
    title: 'Registry proxying',
    requirements: {
      'proxy-1': should('a registry that scopes a request by ns tells it in OCI-Namespace', {
        since: 'draft',
        inapplicable: 'ns is ignored',
      }),
    },
  },
  {
    title: 'Referrers tag schema',
    requirements: {
      'referrers-tag-1': must('what is listed in the index under the fallback tag counts as a referrer'),
      'referrers-tag-2': must('the fallback tag is algorithm-encoded, cut to 32 and 64 characters'),
      'referrers-tag-3': must('every manifest with a subject that is pushed is in the referrers API'),
    },
  },
  {
    title: 'API',
    requirements: {
      'api-1': should('what the specification leaves open follows HTTP', { since: 'draft' }),
      'api-2': must('GET /v2/ answers 200'),
    },
  },
  {
    title: 'Error codes',
    requirements: {
      'errors-1': must('an error in JSON has errors with code, message and detail'),
      'errors-2': must('a code is of upper-case letters and underscores'),
      'errors-3': should('a message is for people'),
      'errors-4': must('a code is one of the table', {
        departure:
          'RANGE_INVALID, PAGINATION_NUMBER_INVALID, TAG_INVALID, MANIFEST_UNVERIFIED, UNAVAILABLE and UNKNOWN are codes of distribution, whose clients know them',
      }),
      'errors-5': should('429 comes with Retry-After', { since: 'draft' }),
    },
  },
  {
    title: 'Warnings',
    requirements: {
      'warnings-1': must('a Warning has the code 299, the agent - and no date'),
      'warnings-2': must('the Warning headers of an answer have at most 4096 bytes together'),
    },
  },
];
