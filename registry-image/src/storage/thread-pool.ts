/** Threads of libuv that wait for a file system; it has 4 where nobody says more. */
const threads = '16';

/**
 * The environment of a process that collects: its many changes wait for a disk in as many threads as are worth it. What serves does not get
 * them, for it seldom changes many files, and its threads would compete. Of the own process it takes effect until the first file is opened
 * asynchronously.
 */
export function withManyThreads(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { UV_THREADPOOL_SIZE: threads, ...environment };
}
