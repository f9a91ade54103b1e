import { expect, it } from 'vitest';
import { CommandError } from '../process/run.ts';
import { messageOf, StartFailure } from './failure.ts';

it('messageOf gives the last line that a command said, else the message', () => {
  expect(messageOf(new CommandError('x a b failed (1)\n…', 'note\nError: no route\n\n'))).toBe(
    'Error: no route',
  );
  expect(messageOf(new CommandError('x cannot be run', ''))).toBe('x cannot be run');
  expect(messageOf(new Error('text'))).toBe('text');
  expect(messageOf('text')).toBe('text');
});

it('StartFailure says where to look', () => {
  expect(new StartFailure('It failed.', '/log').message).toBe('It failed.\nLook at: /log');
});
