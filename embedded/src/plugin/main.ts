import { join } from 'node:path';
import { repositoryRoot } from '../images/repository.ts';
import { packPlugin } from './pack.ts';

const { program, archive } = await packPlugin(join(repositoryRoot, 'kubectl-plugin', 'dist'));
process.stdout.write(`${program}\n${archive}\n`);
