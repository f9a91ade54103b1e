import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { generatedFiles } from './generated-files.ts';

const repository = resolve(import.meta.dirname, '../..');

for (const [path, text] of generatedFiles()) writeFileSync(resolve(repository, path), text);
