import { sendJson } from './answers.ts';
import type { Context } from './context.ts';
import { externalPath } from './location.ts';
import { linkNext, requestedPage } from './pagination.ts';

/** `GET /v2/<name>/tags/list`: the tags of a repository in lexical order; all of them when `n` is not given. */
export async function getTags({ services, request, response, repository }: Context): Promise<void> {
  const { config, registry } = services;
  const requested = requestedPage(request, config.tags.maxtags);
  const page = await registry.tags.list(repository, requested);
  linkNext(response, externalPath(config.http, `/v2/${repository}/tags/list`), page, requested.limit);
  sendJson(response, 200, { name: repository, tags: page.items });
}
