import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { type Addition, createJournal, purgeJournal } from '../registry/journal.ts';
import { createMemoryDriver } from '../storage/memory.ts';
import { journalPath, journalRoot } from '../storage/paths.ts';
import { createBoundedReader } from './bounded-reader.ts';
import { additionsSince, JournalError, journalPosition } from './journal-reader.ts';

const driver = () => createMemoryDriver();
const blob = (digest: string): Addition => ({ kind: 'blob', repository: 'app', digest });
const manifest = (digest: string): Addition => ({ kind: 'manifest', repository: 'team/app', digest });

function world() {
  const storage = driver();
  const reader = createBoundedReader(storage, new AbortController().signal);
  return { storage, reader, writer: (process: string) => createJournal({ driver: storage, process }) };
}

test('a commit is in the journal before its first step, and ended after its last', async () => {
  const { storage, reader, writer } = world();
  await writer('a').during([blob('sha256:1'), manifest('sha256:2')], async () => {
    const position = await journalPosition(reader);
    expect(position.open).toEqual([blob('sha256:1'), manifest('sha256:2')]);
  });
  expect((await journalPosition(reader)).open).toEqual([]);
  expect((await storage.getContent(journalPath('a.1'))).toString()).toBe(
    '+ 1 blob app sha256:1\n+ 1 manifest team/app sha256:2\n- 1\n',
  );
});

test('what failed has ended, and what cannot be recorded is not begun', async () => {
  const { storage, reader, writer } = world();
  await expect(
    writer('a').during([blob('sha256:1')], () => Promise.reject(new Error('disk'))),
  ).rejects.toThrow('disk');
  expect((await journalPosition(reader)).open).toEqual([]);
  let ran = false;
  const full = createJournal({
    driver: { ...storage, append: () => Promise.reject(new Error('no space')) },
    process: 'b',
  });
  await expect(full.during([blob('sha256:2')], async () => void (ran = true))).rejects.toThrow('no space');
  expect(ran).toBe(false);
});

test('a mark is told what was under way when it began and what began after, of every process, and nothing else', async () => {
  const { reader, writer } = world();
  const [first, second] = [writer('a'), writer('b')];
  await first.during([blob('sha256:before')], async () => {});
  const end = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const underWay = second.during([blob('sha256:underway')], () => (begun.resolve(), end.promise));
  await begun.promise;
  const position = await journalPosition(reader);
  end.resolve();
  await underWay;
  await first.during([manifest('sha256:after')], async () => {});
  await writer('c').during([blob('sha256:new')], async () => {});
  expect(await additionsSince(reader, position)).toEqual([
    blob('sha256:underway'),
    manifest('sha256:after'),
    blob('sha256:new'),
  ]);
});

test('a record that was cut off at the position counts as begun after', async () => {
  const { storage, reader } = world();
  await storage.append(journalPath('a.1'), '+ 1 blob app sha256:1\n- 1\n+ 2 blob app sha');
  const position = await journalPosition(reader);
  expect(position.open).toEqual([]);
  await storage.append(journalPath('a.1'), '256:2\n');
  expect(await additionsSince(reader, position)).toEqual([blob('sha256:2')]);
});

test('a record that a crash has cut off is none: its commit was never begun', async () => {
  const { storage, reader } = world();
  await storage.append(journalPath('a.1'), '+ 1 blob app sha256:1\n- 1\n+ 2 blob app sha');
  const position = await journalPosition(reader);
  await storage.append(journalPath('b.1'), '+ 1 blob app sha256:3\n+ 2 bl');
  expect(await additionsSince(reader, position)).toEqual([blob('sha256:3')]);
});

test('a record that a full disk has cut off leaves the journal readable, also when there is space again', async () => {
  const { storage, reader } = world();
  let isFull = false;
  const append: typeof storage.append = async (path, text) => {
    await storage.append(path, isFull ? text.slice(0, 3) : text);
    if (isFull) throw new Error('no space');
  };
  const journal = createJournal({ driver: { ...storage, append }, process: 'a' });
  const position = await journalPosition(reader);
  await journal.during([blob('sha256:1')], async () => void (isFull = true));
  await expect(journal.during([blob('sha256:2')], async () => {})).rejects.toThrow('no space');
  isFull = false;
  await journal.during([blob('sha256:3')], async () => {});
  expect(await additionsSince(reader, position)).toEqual([blob('sha256:1'), blob('sha256:3')]);
  expect((await journalPosition(reader)).open).toEqual([blob('sha256:1')]);
});

test('a commit may end in the next file of its process', async () => {
  const { storage, reader } = world();
  await storage.append(journalPath('a.1'), '+ 1 blob app sha256:1\n+ 2 blob app sha256:2\n');
  await storage.append(journalPath('a.2'), '- 1\n');
  await storage.append(journalPath('b.1'), '- 2\n');
  expect((await journalPosition(reader)).open).toEqual([blob('sha256:2')]);
});

test('a re-check reads what was added since the mark, not what was there', async () => {
  const { storage, writer } = world();
  const read = { bytes: 0 };
  const counting = {
    ...storage,
    getContent: () => Promise.reject(new Error('read whole')),
    reader: async (path: string, range?: { start: number }) => {
      read.bytes += (await storage.stat(path)).size - (range?.start ?? 0);
      return storage.reader(path, range);
    },
  };
  await writer('busy').during([blob('sha256:1')], async () => {});
  const position = await journalPosition(createBoundedReader(storage, new AbortController().signal));
  await writer('new').during([blob('sha256:2')], async () => {});
  const reader = createBoundedReader(counting, new AbortController().signal);
  expect(await additionsSince(reader, position)).toEqual([blob('sha256:2')]);
  // The end of the last record that was there before, and the new ones.
  expect(read.bytes).toBe(1 + '+ 1 blob app sha256:2\n- 1\n'.length);
});

/** Marks where a journal is that holds 300,000 commits which have ended. */
const markInLittleMemory = `
  const { createBoundedReader } = await import(${JSON.stringify(import.meta.resolve('./bounded-reader.ts'))});
  const { journalPosition } = await import(${JSON.stringify(import.meta.resolve('./journal-reader.ts'))});
  const { parentPort } = await import('node:worker_threads');
  const record = (id) => \`+ \${id} blob team/app sha256:\${String(id).padStart(64, '0')}\\n- \${id}\\n\`;
  const driver = {
    children: async () => Array.from({ length: 30 }, (_, index) => ({ name: \`a.\${index + 1}\`, kind: 'file' })),
    list: async () => Array.from({ length: 30 }, (_, index) => ({ path: \`/.wharfinger/journal/a.\${index + 1}\` })),
    getContent: async (path) => {
      const first = (Number(path.split('.').at(-1)) - 1) * 10_000;
      return Buffer.from(Array.from({ length: 10_000 }, (_, index) => record(first + index)).join(''));
    },
  };
  const { lengths, open } = await journalPosition(createBoundedReader(driver, new AbortController().signal));
  parentPort.postMessage([lengths.size, open.length]);
`;

test('two days of a busy registry are read in little memory', async () => {
  const worker = new Worker(markInLittleMemory, {
    eval: true,
    resourceLimits: { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 4 },
  });
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  worker.once('message', resolve).once('error', reject);
  expect(await promise).toEqual([30, 0]);
  await worker.terminate();
});

test('files without a record for two days go', async () => {
  const { storage, writer } = world();
  for (const process of ['old', 'new']) await writer(process).during([blob('sha256:1')], async () => {});
  const now = Date.now();
  await storage.touch(journalPath('old.1'), now - 49 * 3_600_000);
  await storage.touch(journalPath('new.1'), now - 47 * 3_600_000);
  await purgeJournal(storage, now);
  expect((await storage.list(journalRoot)).map(({ path }) => path)).toEqual([journalPath('new.1')]);
});

test.each([
  ['a file is gone', (storage: ReturnType<typeof driver>) => storage.delete(journalPath('a.1')), 'is gone'],
  [
    'a file has become shorter',
    (storage: ReturnType<typeof driver>) => storage.putContent(journalPath('a.1'), '- 1\n'),
    'has become shorter',
  ],
  [
    'a line is no record',
    (storage: ReturnType<typeof driver>) => storage.append(journalPath('a.1'), 'what is this\n'),
    'has a line that is no record',
  ],
])('it is not trusted when %s', async (_, spoil, sentence) => {
  const { storage, reader, writer } = world();
  await writer('a').during([blob('sha256:1')], async () => {});
  const position = await journalPosition(reader);
  await spoil(storage);
  await expect(additionsSince(reader, position)).rejects.toThrow(sentence);
  await expect(additionsSince(reader, position)).rejects.toBeInstanceOf(JournalError);
});
