import { expect, it } from 'vitest';
import { base, collect, mark, stage, window } from './maintainer-under-test.ts';

it('marks while writes go on, with new workers standing by, and sweeps with that mark in each window of the run', () => {
  const { happened, take, tell, close } = stage();
  take({ ...base, mark });
  expect(happened()).toEqual(['dismiss', 'prepare', 'mark a 1']);
  tell('Marked', 9);
  take({ ...base, mark, window });
  take({ ...base, mark, window, collect });
  expect(happened()).toEqual(['prepare', 'sweep a 1 for 500 ms']);
  tell('Swept', 4);
  take({ ...base, mark, window, restart: 'a-1' });
  take({ ...base, mark, restart: 'a-1' });
  expect(happened()).toEqual(['restart']);
  take({ run: 'a', attempt: 2, mark });
  take({ run: 'a', attempt: 2, mark, window });
  take({ run: 'a', attempt: 2, mark, window, collect });
  expect(happened()).toEqual(['prepare', 'sweep a 2 for 500 ms']);
  tell('Swept');
  take({ run: 'a', attempt: 2, mark, window, restart: 'a-2' });
  take({ run: 'a', attempt: 2, mark, restart: 'a-2' });
  take({ run: 'a', attempt: 2, restart: 'a-2', confirm: mark });
  expect(happened()).toEqual(['restart', 'dismiss', 'confirm a']);
  close();
});

it('marks anew when a mark was lost, and without one marks in the window', () => {
  const { happened, take, tell, close } = stage();
  take({ ...base, mark });
  tell('Failed');
  take({ run: 'a', attempt: 2, mark });
  tell('Failed');
  take({ run: 'a', attempt: 3, mark, window });
  take({ run: 'a', attempt: 3, mark, window, collect });
  expect(happened().filter((event) => event !== 'prepare')).toEqual([
    'dismiss',
    'mark a 1',
    'mark a 2',
    'collect a',
  ]);
  close();
});

it('ends a mark that is ordered no more, and the workers that stand by', () => {
  const { happened, take, close } = stage();
  take({ ...base, mark });
  expect(happened()).toEqual(['dismiss', 'prepare', 'mark a 1']);
  take(null);
  expect(happened()).toEqual(['the order to collect was withdrawn', 'dismiss']);
  close();
});

it('puts back what a run swept with writes on', () => {
  const { happened, take, close } = stage();
  take({ ...base, restore: { pod: 'pod-0', from: 'z' } });
  expect(happened()).toEqual(['dismiss', 'restore a']);
  close();
});

it('ends a collector whose order is withdrawn before it restarts the workers, the window still open', () => {
  const { happened, take, close } = stage();
  take({ run: 'a', attempt: 1, window });
  take({ run: 'a', attempt: 1, window, collect: mark });
  take({ run: 'a', attempt: 1, window, restart: 'a-1' });
  close();
  expect(happened().filter((event) => event !== 'dismiss')).toEqual([
    'collect a',
    'the order to collect was withdrawn',
    'restart',
  ]);
});

it('ends a second mark of a run that was given up before another run begins', () => {
  const { happened, take, close } = stage();
  take({ run: 'a', attempt: 1, confirm: mark });
  take({ run: 'b', attempt: 1, window });
  take({ run: 'b', attempt: 1, window, collect: mark });
  close();
  expect(happened().filter((event) => event !== 'dismiss')).toEqual([
    'confirm a',
    'the order to collect was withdrawn',
    'collect b',
  ]);
});

it('leaves a collector alone for as long as it is ordered', () => {
  const { happened, take, close } = stage();
  take({ run: 'a', attempt: 1, window });
  take({ run: 'a', attempt: 1, window, collect: mark });
  take({ run: 'a', attempt: 1, window, collect: { ...mark }, restart: 'a-1' });
  close();
  expect(happened().filter((event) => event !== 'dismiss')).toEqual(['collect a', 'restart']);
});
