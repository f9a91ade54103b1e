import { sendJson } from './answers.ts';
import type { Context } from './context.ts';

/** `GET /v2/`: says that this is a registry and that the credentials are good. */
export async function getBase({ response }: Context): Promise<void> {
  sendJson(response, 200, {});
}
