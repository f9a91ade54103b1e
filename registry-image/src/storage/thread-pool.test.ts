import { expect, test } from 'vitest';
import { withManyThreads } from './thread-pool.ts';

test('a process that changes many files gets more threads than libuv gives, unless somebody has said how many', () => {
  expect(withManyThreads({ PATH: '/usr/bin' })).toEqual({ PATH: '/usr/bin', UV_THREADPOOL_SIZE: '16' });
  expect(withManyThreads({ UV_THREADPOOL_SIZE: '2' })).toEqual({ UV_THREADPOOL_SIZE: '2' });
});
