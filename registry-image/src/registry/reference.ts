import { type Digest, parseDigest } from './digest.ts';

/** Longest name of a repository in characters: distribution's limit, and the longest name of a directory. */
const maximumNameLength = 255;

// OCI distribution specification 1.1, "Pulling manifests": <name> and <reference> as a tag.
const namePattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

export function isRepositoryName(text: string): boolean {
  return text.length <= maximumNameLength && namePattern.test(text);
}

export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/** How a request names a manifest. */
export type Reference = { tag: string; digest?: undefined } | { digest: Digest; tag?: undefined };

/** A tag or a digest, or undefined for neither; what has a colon can only be meant as a digest. */
export function parseReference(text: string): Reference | undefined {
  if (!text.includes(':')) return isTag(text) ? { tag: text } : undefined;
  const digest = parseDigest(text);
  return digest && { digest };
}
