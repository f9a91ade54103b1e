import type { Message } from './message.ts';
import { digestOf, type KnownRepository, type Model, pick } from './model.ts';
import type { DigestChoice } from './step.ts';

export function message(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Message {
  return { method, path, headers: { Host: 'localhost', ...headers } };
}

export function repositoryOf(model: Model, number: number): KnownRepository {
  return model.repositories[number % 2 === 0 ? 0 : 1];
}

export function chooseDigest({ kind, number }: DigestChoice, known: Iterable<string>): string {
  const unknown = digestOf(Buffer.from(`unknown ${number}`), number % 5 === 0 ? 'sha512' : 'sha256');
  if (kind === 'known') return pick([...known], number) ?? unknown;
  if (kind === 'unknown') return unknown;
  return (
    pick(
      [
        'sha256:',
        'sha256:xyz',
        'md5:abc',
        `sha256:${'A'.repeat(64)}`,
        'sha256%3Aabc',
        ':',
        `sha1:${'0'.repeat(40)}`,
        `sha256:${'0'.repeat(63)}`,
      ],
      number,
    ) ?? ':'
  );
}
