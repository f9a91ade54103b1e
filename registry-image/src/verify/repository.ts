import type { Context } from './context.ts';
import { verifyLayers } from './layers.ts';
import { verifyReferences } from './references.ts';
import { listRevisions, verifyRevisions } from './revisions.ts';
import { verifyTags } from './tags.ts';
import { verifyUploads } from './uploads.ts';

/**
 * Checks one repository, from what others stand on upwards to what stands on it: revisions, the tags on them, what they
 * refer to, then the layer links that nothing refers to.
 */
export async function verifyRepository(context: Context, name: string): Promise<void> {
  context.counts.repositories++;
  await verifyRevisions(context, name, await listRevisions(context, name));
  await verifyTags(context, name);
  const missing = await verifyReferences(context, name);
  await verifyLayers(context, name, missing);
  await verifyUploads(context, name);
}
