// oxlint-disable-next-line no-restricted-imports -- this file is the command; the room stays pure
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { generatedFiles } from './generated-files.ts';

const repository = resolve(import.meta.dirname, '../../..');

for (const [path, text] of generatedFiles()) {
  const file = resolve(repository, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
