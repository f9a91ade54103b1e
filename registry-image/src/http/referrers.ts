import { parseDigest } from '../registry/digest.ts';
import { registryError } from '../registry/errors.ts';
import { mediaTypes } from '../registry/manifest-format.ts';
import { sendJson } from './answers.ts';
import type { Context } from './context.ts';
import { externalPath } from './location.ts';

/** `GET /v2/<name>/referrers/<digest>` (OCI distribution specification, "Listing Referrers"). */
export async function getReferrers(context: Context): Promise<void> {
  const { services, request, response, repository, target } = context;
  const subject = parseDigest(target);
  // "If the request is invalid, such as a <digest> with an invalid syntax, a 400 Bad Request MUST be returned."
  if (!subject) throw registryError('DIGEST_INVALID', { digest: target }, 'the digest is not valid');
  const { artifactType, last } = request.query;
  const wanted = typeof artifactType === 'string' && artifactType !== '' ? artifactType : undefined;
  const page = await services.registry.referrers.list(repository, subject, {
    last: typeof last === 'string' ? last : undefined,
    artifactType: wanted,
  });
  if (wanted !== undefined) response.setHeader('OCI-Filters-Applied', 'artifactType');
  const end = page.items.at(-1);
  if (page.more && end) {
    const query = new URLSearchParams({
      ...(wanted !== undefined && { artifactType: wanted }),
      last: end.digest,
    });
    const path = externalPath(services.config.http, `/v2/${repository}/referrers/${subject}`);
    response.setHeader('Link', `<${path}?${query.toString()}>; rel="next"`);
  }
  sendJson(
    response,
    200,
    { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: page.items },
    mediaTypes.ociIndex,
  );
}
