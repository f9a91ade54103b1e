import * as fc from 'fast-check';

const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 20 }));
const encoded = text.map((value) => encodeURIComponent(value.toWellFormed()));
export const pageQuery = fc.oneof(
  fc.constant(''),
  fc.nat(2000).map((n) => `?n=${n}`),
  fc.tuple(fc.nat(5), encoded).map(([n, last]) => `?n=${n}&last=${last}`),
  encoded.map((n) => `?n=${n}`),
  fc.constantFrom(
    '?n=-1',
    '?n=1.5',
    '?n=',
    '?n=1&n=2',
    '?n[]=1',
    '?last=',
    '?n=99999999999999999999',
    '?last=%00',
  ),
);
export const typeQuery = fc.oneof(
  fc.constant(''),
  fc.constantFrom(
    '?artifactType=application/x.fuzz',
    '?artifactType=',
    '?last=sha256:0',
    '?artifactType=a&artifactType=b',
  ),
  encoded.map((type) => `?artifactType=${type}`),
);
/** Values a header may have on the wire: no line ends, no bytes that HTTP forbids. */
export const headerText = fc.string({ maxLength: 60 }).map((value) => value.replaceAll(/[^\x20-\x7e]/g, '?'));
const range = fc.oneof(
  fc.tuple(fc.nat(3000), fc.nat(3000)).map(([first, last]) => `bytes=${first}-${last}`),
  fc.constantFrom(
    'bytes=0-',
    'bytes=-1',
    'bytes=-0',
    'bytes=-',
    'bytes=999999999-',
    'bytes=0-0,2-3',
    'lines=1-2',
    'bytes=9-1',
  ),
  headerText,
);
const condition = fc.oneof(fc.constantFrom('*', 'W/"x"', '""', 'sha256:0'), headerText);
const accept = fc.constantFrom(
  '*/*',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json;q=0.5',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'text/plain',
  ';;;,,,q=',
);
export const fetchHeaders: fc.Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: range.map((value) => ({ Range: value })) },
  { weight: 1, arbitrary: condition.map((value) => ({ 'If-None-Match': value })) },
  {
    weight: 1,
    arbitrary: fc.tuple(range, condition).map(([Range, IfRange]) => ({ Range, 'If-Range': IfRange })),
  },
  { weight: 2, arbitrary: accept.map((Accept) => ({ Accept })) },
);
const oddSegment = fc.oneof(
  fc.constantFrom(
    'v2',
    '_catalog',
    'blobs',
    'uploads',
    'manifests',
    'tags',
    'list',
    'referrers',
    'fz',
    '',
    '.',
    '..',
    '%2e%2e',
    '%2F',
    '%00',
    '%ff',
    '%',
    '%zz',
    '_uploads',
    'sha256:',
  ),
  encoded,
);
export const oddPath = fc.oneof(
  fc.array(oddSegment, { maxLength: 7 }).map((parts) => `/${parts.join('/')}`),
  fc.array(oddSegment, { maxLength: 7 }).map((parts) => `/v2/${parts.join('/')}`),
  fc.constantFrom(
    '*',
    'http://other.example/v2/',
    '//v2/',
    '/v2//',
    '/V2/',
    '/v2/?',
    '/v2/#x',
    `/v2/${'a/'.repeat(300)}tags/list`,
    '/v2/a/blobs/uploads/..',
    '/',
  ),
);
export const method = fc.constantFrom(
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'QUERY',
  'M-SEARCH',
  'FOO',
  'get',
);
