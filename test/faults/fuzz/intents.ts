import * as fc from 'fast-check';
import type {
  Content,
  DigestChoice,
  FinishDigest,
  Intent,
  ManifestKind,
  RangeChoice,
  ReferenceChoice,
  StartMode,
  StateChoice,
} from './step.ts';
import { fetchHeaders, headerText, method, oddPath, pageQuery, typeQuery } from './texts.ts';

const number = fc.nat(31);
const size = fc.oneof(
  { weight: 12, arbitrary: fc.nat(2_000) },
  { weight: 3, arbitrary: fc.constantFrom(0, 1, 65_535, 65_536, 65_537) },
  { weight: 1, arbitrary: fc.constant(400_000) },
);
/** Few seeds, so that the same blob is often pushed by several clients at once. */
const content: fc.Arbitrary<Content> = fc.record({
  seed: fc.oneof(fc.nat(50), fc.nat(0xffffff)),
  size,
});
const digest: fc.Arbitrary<DigestChoice> = fc.record({
  kind: fc.constantFrom('known', 'known', 'known', 'unknown', 'malformed'),
  number,
});
const flag = fc.boolean();
const state: fc.Arbitrary<StateChoice> = fc.constantFrom(
  'kept',
  'kept',
  'kept',
  'dropped',
  'forged',
  'unknownUpload',
);

const fetchMethod = fc.constantFrom('GET', 'GET', 'HEAD', 'DELETE');
const tag = fc.constantFrom('v1', 'v2', 'latest', 'a.b-c_d', 'T'.repeat(128));

/** What a client may want. */
export const intent: fc.Arbitrary<Intent> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('base', 'login'), head: flag }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('list'),
      what: fc.constantFrom('catalog', 'tags', 'tags'),
      repository: number,
      query: pageQuery,
      head: flag,
    }),
  },
  {
    weight: 16,
    arbitrary: fc.record({
      do: fc.constant('start'),
      repository: number,
      content,
      mode: fc.constantFrom<StartMode[]>(
        'plain',
        'plain',
        'plain',
        'plain',
        'whole',
        'whole',
        'whole',
        'wholeWrong',
        'mount',
        'mount',
        'mountUnknown',
        'mountMalformed',
        'badName',
      ),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('patch'),
      upload: number,
      content,
      state,
      range: fc.constantFrom<RangeChoice[]>('none', 'none', 'right', 'right', 'gap', 'long', 'odd'),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('finish'),
      upload: number,
      content,
      state,
      digest: fc.constantFrom<FinishDigest[]>(
        'right',
        'right',
        'right',
        'right',
        'sha512',
        'wrong',
        'malformed',
        'missing',
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('status', 'status', 'cancel'),
      upload: number,
      state,
      head: flag,
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('blob'),
      repository: number,
      digest,
      method: fetchMethod,
      headers: fetchHeaders,
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('putManifest'),
      repository: number,
      number,
      kind: fc.constantFrom<ManifestKind[]>(
        'image',
        'image',
        'image',
        'dockerImage',
        'dockerImage',
        'index',
        'dockerList',
        'artifact',
        'artifact',
        'schema1Unsigned',
        'missingBlob',
        'notJson',
        'odd',
        'large',
      ),
      reference: fc.constantFrom<ReferenceChoice[]>(
        'tag',
        'tag',
        'tag',
        'tag',
        'digest',
        'digest',
        'sha512',
        'wrongDigest',
        'badTag',
        'badDigest',
      ),
      tags: fc.oneof(
        { weight: 4, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(tag, { maxLength: 12 }) },
      ),
      type: fc.constantFrom('right', 'right', 'right', 'wrong', 'none'),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('manifest'),
      repository: number,
      by: fc.constantFrom('tag', 'digest'),
      digest,
      method: fetchMethod,
      headers: fetchHeaders,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('referrers'),
      repository: number,
      digest,
      query: typeQuery,
      head: flag,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('free'),
      method,
      path: oddPath,
      content,
      headers: fc.dictionary(
        fc.constantFrom(
          'Range',
          'Content-Range',
          'Content-Type',
          'If-None-Match',
          'Accept',
          'X-Forwarded-Proto',
          'X-Forwarded-Host',
          'Host',
          'Connection',
          'Upgrade',
          'Te',
          'Trailer',
          'Cookie',
          'Content-Encoding',
        ),
        headerText,
        { maxKeys: 4 },
      ),
    }),
  },
);
