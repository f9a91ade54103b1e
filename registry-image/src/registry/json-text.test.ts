import { assert, dictionary, json, jsonValue, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compact, extentOf, membersIn, rawMembers } from './json-text.ts';

describe('extentOf', () => {
  it.each([
    ['{"a":[1,2,{}],"b":"[[[,{:"}', { depth: 3, parts: 6, members: 2 }],
    ['{"\\\\":["\\",["]}', { depth: 2, parts: 2, members: 1 }],
    ['[[],[]]', { depth: 2, parts: 4, members: 0 }],
    ['1', { depth: 0, parts: 0, members: 0 }],
    [']]"', { depth: 0, parts: 0, members: 0 }],
  ])('of %s', (text, extent) => expect(extentOf(Buffer.from(text))).toEqual(extent));
});

describe('members', () => {
  it.each([
    '{"a":1,"a":2}',
    '{"a":[{"b":{"c":1,"c":1}}]}',
    '{"a":1,"\\u0061":2}',
    '{"x\\\\":"y","x\\\\":1}',
    '{"":1,"":2}',
  ])('are more in the text than in the value of %s', (text) =>
    expect(extentOf(Buffer.from(text)).members).toBeGreaterThan(membersIn(JSON.parse(text))),
  );

  it('are as many in the text as in the value of what JSON.stringify wrote', () => {
    const isSame = (text: string): boolean =>
      extentOf(Buffer.from(text)).members === membersIn(JSON.parse(text));
    assert(property(json(), isSame));
    expect(isSame('{"__proto__":{"1":1,"01":":"},"b":[null,{"a":"\\":"}]}')).toBe(true);
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
