import { fileURLToPath } from 'node:url';

/** The folder of the repository's root, ending in a slash. */
export const repositoryRoot: string = fileURLToPath(new URL('../../../', import.meta.url));
