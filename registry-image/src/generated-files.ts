import { configReference } from './config/reference.ts';
import { errorReference } from './http/error-reference.ts';
import { verifyReference } from './verify/reference.ts';

/** Path in the repository and text of every file that is generated from the code of this workspace. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/configuration.md', configReference()],
    ['docs/errors.md', errorReference()],
    ['docs/verify.md', verifyReference()],
  ]);
}
