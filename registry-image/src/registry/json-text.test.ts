import { assert, dictionary, json, jsonValue, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ambiguityOf, compact, rawMembers } from './json-text.ts';

describe('ambiguityOf', () => {
  it.each([
    ['{"a":1,"a":2}', 'the name "a" occurs twice'],
    ['{"a":{"b":{"c":1,"c":1}}}', 'the name "c" occurs twice'],
    ['{"a":1,"\\u0061":2}', 'the name "a" occurs twice'],
    ['{"x\\\\":"y","x\\\\":1}', 'occurs twice'],
    ['[[[[]]]]', 'more than 3 levels'],
  ])('of %s: %s', (text, problem) => {
    JSON.parse(text);
    expect(ambiguityOf(text, 3)).toContain(problem);
  });

  it.each(['{"a":{"a":[{"a":"a"},{"a":"a"}]},"b":"a"}', '{"a":"\\"a\\":","b":["a","a"]}', '"a"', '{}'])(
    'finds nothing in %s',
    (text) => expect(ambiguityOf(text, 8)).toBeUndefined(),
  );

  it('finds nothing in what JSON.stringify wrote', () => {
    assert(property(json(), (text) => ambiguityOf(text, 1000) === undefined));
  });

  it('is done in a moment with 4 MiB of the worst', () => {
    const size = 4 * 1024 * 1024;
    const started = performance.now();
    for (const text of [`"${'\\\\'.repeat(size / 2)}"`, '['.repeat(size), `"${'\\"'.repeat(size / 2)}"`]) {
      ambiguityOf(text, 64);
    }
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('rawMembers', () => {
  it('keeps the spelling of values', () => {
    const text = '{ "a" : 1.0e+3 , "b":{"x" : [ 1,2 ]}, "9": "\\u00e9,}", "2": null}';
    expect([...rawMembers(text)]).toEqual([
      ['a', '1.0e+3'],
      ['b', '{"x" : [ 1,2 ]}'],
      ['9', '"\\u00e9,}"'],
      ['2', 'null'],
    ]);
    expect(rawMembers('{}').size).toBe(0);
  });

  it('are all there, whatever they are', () => {
    const objects = dictionary(string(), jsonValue(), { noNullPrototype: true });
    assert(
      property(objects, (object) => {
        const members = rawMembers(JSON.stringify(object, null, 2));
        const parsed = [...members].map(([name, value]) => [name, JSON.parse(value) as unknown]);
        expect(parsed).toEqual(Object.entries(JSON.parse(JSON.stringify(object)) as object));
      }),
    );
  });
});

describe('compact', () => {
  it('takes away white space between the parts, as JSON.stringify would not have written it', () => {
    assert(
      property(jsonValue(), (value) => {
        expect(compact(JSON.stringify(value, null, ' \t'))).toBe(JSON.stringify(value));
      }),
    );
  });
});
