import { sendJson } from './answers.ts';
import type { Context } from './context.ts';
import { externalPath } from './location.ts';
import { linkNext, requestedPage } from './pagination.ts';

/** Repositories of a page when the client does not say how many it wants (distribution's default). */
const defaultLimit = 100;

/** `GET /v2/_catalog`: the repositories in lexical order, those that the user may read. */
export async function getCatalog({ services, request, response, subject }: Context): Promise<void> {
  const { config, registry } = services;
  const { last, limit = Math.min(defaultLimit, config.catalog.maxentries) } = requestedPage(
    request,
    config.catalog.maxentries,
  );
  const page = await registry.catalog.list({ last, limit, visible: subject.visible });
  linkNext(response, externalPath(config.http, '/v2/_catalog'), page, limit);
  sendJson(response, 200, { repositories: page.items });
}
