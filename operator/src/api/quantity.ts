import { z } from 'zod';
import { rules } from './rule.ts';

/** A Kubernetes quantity: `50Gi`, `500m`, `1`. */
export const Quantity = z.union([z.string().max(64), z.number().int()]).meta({
  'x-kubernetes-int-or-string': true,
});
export type Quantity = z.infer<typeof Quantity>;

/** The size of a volume: a quantity above zero. */
export const VolumeSize = z.union([z.string().max(64), z.number().int()]).meta({
  'x-kubernetes-int-or-string': true,
  ...rules({
    rule: 'isQuantity(string(self)) && quantity(string(self)).isGreaterThan(quantity("0"))',
    message: 'not a size; write a quantity such as 50Gi',
  }),
});
export type VolumeSize = z.infer<typeof VolumeSize>;

const factors: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number that a quantity stands for; NaN when it is none. */
export function quantityValue(quantity: Quantity): number {
  const parts = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)$/.exec(String(quantity));
  return Number(parts?.[1]) * (factors[parts?.[2] ?? ''] ?? Number.NaN);
}
