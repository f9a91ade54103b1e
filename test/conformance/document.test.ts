import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { errorCodes } from '../../registry-image/src/registry/error-codes.ts';
import { conformanceDocument } from './document.ts';

it('docs/conformance.md tells what the tests show', async () => {
  const file = resolve(import.meta.dirname, '../../docs/conformance.md');
  await expect(conformanceDocument(Object.keys(errorCodes).sort())).toMatchFileSnapshot(file);
});
