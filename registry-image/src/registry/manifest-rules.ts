import type { Config } from '../config/index.ts';
import { type Problem, RegistryError } from './errors.ts';
import { type ParsedManifest, mediaTypes, type Platform, type Reference } from './manifest-format.ts';

/** What `validation` and `policy` of the config demand of a manifest that is pushed. */
export interface ManifestRules {
  /** @throws RegistryError DENIED, or one MANIFEST_INVALID for each layer whose URLs are not allowed */
  check(manifest: ParsedManifest): void;
  /** Whether what a manifest refers to must be in the repository. */
  mustExist(reference: Reference): boolean;
}

/** @throws Error of one sentence that names the setting when a regular expression is not valid */
export async function createManifestRules(
  config: Pick<Config, 'validation' | 'policy'>,
): Promise<ManifestRules> {
  const { disabled, manifests } = config.validation;
  const isAllowedUrl = disabled ? () => true : await urlRule(manifests.urls);
  const { platforms, platformlist } = manifests.indexes;

  function check(manifest: ParsedManifest): void {
    checkClass(manifest, config.policy.repository.classes);
    const problems = manifest.references.flatMap((reference) => urlProblem(reference) ?? []);
    const [first, ...rest] = problems;
    if (first) throw new RegistryError([first, ...rest]);
  }

  function urlProblem({ digest, mediaType, urls }: Reference): Problem | undefined {
    // As in distribution, Docker's foreign layers are nowhere else.
    if (mediaType === mediaTypes.dockerForeignLayer && urls.length === 0) {
      return { code: 'MANIFEST_INVALID', message: 'missing URL on layer', detail: { digest } };
    }
    const url = urls.find((text) => !isPlainUrl(text) || !isAllowedUrl(text));
    if (url === undefined) return undefined;
    return { code: 'MANIFEST_INVALID', message: 'invalid URL on layer', detail: { digest, url } };
  }

  function mustExist(reference: Reference): boolean {
    if (reference.kind === 'blob') return !(reference.foreign && reference.urls.length > 0);
    if (disabled || platforms === 'none') return false;
    return platforms === 'all' || isListed(reference.platform, platformlist);
  }

  return { check, mustExist };
}

/** As distribution: an empty list of platforms lists all of them. */
function isListed(platform: Platform | undefined, list: readonly Platform[]): boolean {
  return (
    list.length === 0 ||
    list.some(({ os, architecture }) => os === platform?.os && architecture === platform.architecture)
  );
}

function isPlainUrl(text: string): boolean {
  const url = URL.parse(text);
  return (url?.protocol === 'http:' || url?.protocol === 'https:') && url.hash === '';
}

/** The regular expressions are Go's, and matched in a time that does not depend on what a client sends. */
async function urlRule({
  allow,
  deny,
}: Config['validation']['manifests']['urls']): Promise<(url: string) => boolean> {
  // As distribution: without any list no URL is allowed, with `deny` alone all others are.
  if (allow.length === 0 && deny.length === 0) return () => false;
  const { RE2JS } = await import('re2js');
  const compile = (patterns: readonly string[], setting: string): { test: (url: string) => boolean }[] =>
    patterns.map((pattern) => {
      try {
        return RE2JS.compile(pattern);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(
          `validation.manifests.urls.${setting}: ${JSON.stringify(pattern)} is not a regular expression of Go: ${reason}`,
          { cause: error },
        );
      }
    });
  const allowed = compile(allow, 'allow');
  const denied = compile(deny, 'deny');
  return (url) =>
    (allowed.length === 0 || allowed.some((pattern) => pattern.test(url))) &&
    !denied.some((pattern) => pattern.test(url));
}

const imageConfigs: ReadonlySet<string> = new Set([
  'application/vnd.docker.container.image.v1+json',
  'application/vnd.oci.image.config.v1+json',
]);
const pluginConfig = 'application/vnd.docker.plugin.v1+json';

/** `policy.repository.classes`: what kinds of images may be pushed. Indexes have no class. */
function checkClass(manifest: ParsedManifest, classes: readonly string[]): void {
  const found = classOf(manifest);
  if (classes.length === 0 || found === undefined || classes.includes(found)) return;
  const message =
    found === 'artifact'
      ? `unknown manifest class for ${manifest.configType}`
      : `registry does not allow ${found} manifest`;
  throw new RegistryError([{ code: 'DENIED', message }]);
}

function classOf({ mediaType, configType }: ParsedManifest): 'image' | 'plugin' | 'artifact' | undefined {
  if (mediaType === mediaTypes.dockerSchema1Signed) return 'image';
  if (configType === undefined) return undefined;
  if (imageConfigs.has(configType)) return 'image';
  return configType === pluginConfig ? 'plugin' : 'artifact';
}
