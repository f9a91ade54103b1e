import { expect, test } from 'vitest';
import { run } from './run.ts';

async function outcome(...args: string[]): Promise<{ status: number; results: string; lines: string[] }> {
  const results: string[] = [];
  const lines: string[] = [];
  const status = await run(args, {
    result: (text) => void results.push(text),
    progress: (line) => void lines.push(line),
    confirm: async () => undefined,
  });
  return { status, results: results.join(''), lines };
}

test('the usage is what was asked for, or the answer to nothing', async () => {
  const [asked, nothing] = [await outcome('-h'), await outcome()];
  expect([asked.status, asked.lines, nothing.status, nothing.results]).toEqual([0, [], 2, '']);
  expect(nothing.lines.join('\n')).toBe(asked.results.trimEnd());
  expect((await outcome('gc', '-h')).results).toMatch(/^Usage: kubectl registry gc /);
});

test('a wrong command line ends with 2 and a sentence', async () => {
  expect(await outcome('tags')).toEqual({
    status: 2,
    results: '',
    lines: ['error: tags needs IMAGE', 'kubectl registry -h shows how it is used'],
  });
});

test('what fails ends with 1 and a sentence', async () => {
  const { status, lines } = await outcome('view', '--kubeconfig', '/nowhere/config');
  expect([status, lines.length]).toEqual([1, 1]);
  expect(lines[0]).toMatch(/^error: .*\/nowhere\/config/);
});
