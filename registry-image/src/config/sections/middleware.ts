import { z } from 'zod';
import { flag, text } from '../fields.ts';

/** Something registered by name that comes between a request and the registry; its options are checked by itself. */
const Middleware = z.strictObject({
  name: text,
  disabled: flag.default(false),
  options: z.record(z.string(), z.unknown()).default({}),
});
export type Middleware = z.output<typeof Middleware>;

const Chain = z.array(Middleware).default([]);

export const Middlewares = z
  .strictObject({ registry: Chain, repository: Chain, storage: Chain })
  .prefault({});
