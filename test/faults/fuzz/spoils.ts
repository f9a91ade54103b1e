import * as fc from 'fast-check';
import type { Spoil } from './message.ts';
import { headerText } from './texts.ts';

const garbageText = fc.oneof(
  fc.constantFrom(
    'zz\r\nxx',
    '-1\r\n',
    'ffffffffffffffff\r\n',
    '5\r\nab',
    '0\r\nX: y\r\n\r\n',
    '1;ext=1\r\na\r\n0\r\n\r\n',
    '\n\n',
    '0\r\n\r\nGET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n',
  ),
  fc.string({ unit: 'binary', maxLength: 50 }),
);
const badAuthorization = fc.oneof(
  fc.constantFrom(
    '',
    'Basic',
    'Basic !!!',
    'Basic OjpvbjpvOg==',
    'Basic YWxpY2U=',
    'Bearer x.y.z',
    'Bearer',
    'Digest username="alice"',
    'Negotiate AAAA',
    `Basic ${'A'.repeat(8000)}`,
  ),
  fc
    .constantFrom('alice:wrong', 'bob:bob', 'nobody:x', ':', 'alice:', 'alice:\u{0}', `${'u'.repeat(300)}:p`)
    .map(basic),
  headerText,
);
/** What may happen to a request on its way; mostly nothing. */
export const spoil: fc.Arbitrary<Spoil> = fc.oneof(
  { weight: 50, arbitrary: fc.constant<Spoil>({ kind: 'whole' }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('chunked'), size: fc.constantFrom(1000, 7, 70_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('slow'),
      pieces: fc.integer({ min: 2, max: 6 }),
      pause: fc.nat(15),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('length'),
      difference: fc.constantFrom(-1, 1, -100, 100, 1_000_000_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('chunkedGarbage'), garbage: garbageText }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('cut'),
      at: fc.nat(100_000),
      how: fc.constantFrom('finish', 'close', 'reset'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('header'),
      line: fc.oneof(
        fc.constantFrom(
          'Content-Length: 3',
          'Content-Length: abc',
          'Transfer-Encoding: chunked',
          'Transfer-Encoding: gzip, chunked',
          'Transfer-Encoding : chunked',
          'Host: other',
          ' folded: line',
          'X Y: 1',
          'X-Null: a\0b',
          'no colon',
          'Connection: close',
          'Connection: upgrade',
          'Upgrade: h2c',
          'Expect: 42',
          'X-Bare: a\nX-Next: b',
        ),
        headerText,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('hugeHeader'),
      size: fc.constantFrom(8_000, 15_000, 17_000, 70_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('manyHeaders'), count: fc.constantFrom(100, 1000, 2500) }),
  },
  { weight: 1, arbitrary: fc.constant<Spoil>({ kind: 'expect' }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('version'),
      version: fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/1.2', 'HTTP', 'XTTP/1.1'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('encoding'),
      at: fc.nat(200),
      text: fc.constantFrom(
        '%',
        '%2',
        '%00',
        '%ff',
        '%2f',
        '%2e%2e/',
        '//',
        '?',
        '#',
        '%25',
        '\\',
        ';',
        '%E0%A4%A',
      ),
    }),
  },
  { weight: 4, arbitrary: badAuthorization.map((value): Spoil => ({ kind: 'authorization', value })) },
);

export function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}
