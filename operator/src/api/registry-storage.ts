import { z } from 'zod';
import { VolumeSize } from './quantity.ts';
import { rules } from './rule.ts';

const unchanged = (field: string): string =>
  `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`;

/** The one volume that all replicas share. */
export const RegistryVolume = z
  .object({
    size: VolumeSize.optional().describe(
      'Size of the claim REGISTRY-data. It can grow, and after an expansion that failed go back to what the volume has.',
    ),
    storageClassName: z
      .string()
      .max(253)
      .optional()
      .describe("Storage class of the claim; the cluster's default without it."),
    accessModes: z
      .array(z.enum(['ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany']))
      .min(1)
      .max(3)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .default(['ReadWriteOnce'])
      .describe('Access modes of the claim. More than one replica needs ReadWriteMany.'),
    existingClaim: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe(
        'A claim of the same namespace to use instead of one of our own. It is never changed or deleted.',
      ),
    reclaimPolicy: z
      .enum(['Retain', 'Delete'])
      .default('Retain')
      .describe(
        'What becomes of the claim REGISTRY-data when the Registry is deleted: Retain keeps it, and a new Registry of the same name takes it up; Delete deletes it with all images.',
      ),
  })
  .meta(
    rules(
      {
        rule: 'has(self.size) != has(self.existingClaim)',
        message: 'set exactly one of size and existingClaim; remove the other',
      },
      {
        rule: "!has(self.existingClaim) || self.reclaimPolicy != 'Delete'",
        message:
          'reclaimPolicy Delete is only for a claim of our own; an existingClaim is never deleted, so set Retain',
      },
      {
        rule: unchanged('existingClaim'),
        message:
          'existingClaim cannot change, because the images would stay behind; create a new Registry instead',
      },
      {
        rule: unchanged('storageClassName'),
        message: 'storageClassName cannot change on an existing claim; create a new Registry instead',
      },
      {
        rule: 'self.accessModes == oldSelf.accessModes',
        message: 'accessModes cannot change on an existing claim; create a new Registry instead',
      },
    ),
  );
export type RegistryVolume = z.infer<typeof RegistryVolume>;

export const FilesystemStorage = z.object({
  volume: RegistryVolume.describe('The volume that holds the images.'),
});
export type FilesystemStorage = z.infer<typeof FilesystemStorage>;

export const RegistryStorage = z.object({
  filesystem: FilesystemStorage.describe('Images on a persistent volume.'),
  deleteEnabled: z.boolean().default(true).describe('Whether clients may delete manifests and blobs.'),
});
export type RegistryStorage = z.infer<typeof RegistryStorage>;
