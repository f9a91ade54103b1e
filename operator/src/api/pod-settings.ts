import { z } from 'zod';
import { Quantity } from './quantity.ts';

const Quantities = z.record(z.string().max(253), Quantity);

/** Requests and limits of the registry container, as in a pod. */
export const Resources = z.object({ requests: Quantities.optional(), limits: Quantities.optional() });
export type Resources = z.infer<typeof Resources>;

/** A toleration, as in a pod. */
export const Toleration = z.object({
  key: z.string().max(317).optional(),
  operator: z.enum(['Exists', 'Equal']).optional(),
  value: z.string().max(63).optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: z.number().int().optional(),
});
export type Toleration = z.infer<typeof Toleration>;

/** Affinity as in a pod; the API server checks it when the pod template is applied. */
export const Affinity = z.looseObject({});
export type Affinity = z.infer<typeof Affinity>;

export const StringMap = z.record(z.string().max(317), z.string().max(65_536));
export type StringMap = z.infer<typeof StringMap>;
