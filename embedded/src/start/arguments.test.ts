import { describe, expect, it } from 'vitest';
import { parseStartArguments, parseStopArguments, UsageError } from './arguments.ts';

describe('parseStartArguments', () => {
  it('needs nothing', () => {
    expect(parseStartArguments([])).toMatchObject({ help: false, json: false });
  });

  it('reads a context and images', () => {
    const args = ['--json', '--context', 'dev', '--image', 'r.example/o:1', '--registry-image=r.example/r:1'];
    expect(parseStartArguments(args)).toEqual({
      help: false,
      json: true,
      context: 'dev',
      image: 'r.example/o:1',
      registryImage: 'r.example/r:1',
    });
  });

  it.each([
    [['--contxt', 'dev'], /contxt/],
    [['dev'], /dev/],
    [['--context'], /context/],
    [['--context='], /--context needs a value/],
    [['--image', 'x'], /go with --context/],
  ])('refuses %j', (args, message) => {
    expect(() => parseStartArguments(args)).toThrow(UsageError);
    expect(() => parseStartArguments(args)).toThrow(message);
  });
});

it('parseStopArguments reads a context', () => {
  expect(parseStopArguments(['--context', 'dev'])).toEqual({ help: false, context: 'dev' });
});
