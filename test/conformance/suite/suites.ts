/** A run of one of the OCI distribution-spec conformance suites. */
export interface Suite {
  /** How docs/conformance.md and skips.ts call it. */
  readonly name: string;
  /** The environment variable with the path of the suite's program. */
  readonly variable: string;
  /** The suite that the numbers below were measured with. */
  readonly version: string;
  /** Checks and groups of checks that a whole run announces. */
  readonly announced: number;
  /** Checks of a whole run, with those that are skipped. */
  readonly checks: number;
  /** The suite's own settings. */
  settings(target: SuiteTarget): Readonly<Record<string, string>>;
}

export interface SuiteTarget {
  /** `host:port`. */
  readonly authority: string;
  readonly scheme: 'http' | 'https';
  /** Directory for the report junit.xml. */
  readonly results: string;
}

/** The suite of the specification's main branch, which tests against a version of the specification. */
function current(version: '1.1' | 'dev'): Suite {
  return {
    name: version,
    variable: 'WHARFINGER_OCI_SUITE',
    version: 'main at 967efdc079b9 (2026-07-16)',
    announced: 986,
    checks: 793,
    settings: ({ authority, scheme, results }) => ({
      OCI_VERSION: version,
      OCI_REGISTRY: authority,
      OCI_TLS: scheme === 'https' ? 'enabled' : 'disabled',
      OCI_REPO1: 'suite/one',
      OCI_REPO2: 'suite/two',
      OCI_RESULTS_DIR: results,
      OCI_API_BLOBS_MOUNT_ANONYMOUS: 'true',
      OCI_API_BLOBS_UPLOAD_CANCEL: 'true',
      OCI_API_BLOBS_DIGEST_HEADER: 'true',
      OCI_API_MANIFESTS_DIGEST_HEADER: 'true',
      OCI_API_MANIFESTS_TAG_PARAM: 'true',
      OCI_API_REFERRER: 'true',
      OCI_DATA_SHA512: 'true',
    }),
  };
}

/** The suite that was released with version 1.1.1 of the specification. */
const released: Suite = {
  name: 'v1.1.1',
  variable: 'WHARFINGER_OCI_SUITE_1_1',
  version: 'tag v1.1.1',
  announced: 80,
  checks: 80,
  settings: ({ authority, scheme, results }) => ({
    OCI_ROOT_URL: `${scheme}://${authority}`,
    OCI_NAMESPACE: 'suite/one',
    OCI_CROSSMOUNT_NAMESPACE: 'suite/two',
    OCI_TEST_PULL: '1',
    OCI_TEST_PUSH: '1',
    OCI_TEST_CONTENT_DISCOVERY: '1',
    OCI_TEST_CONTENT_MANAGEMENT: '1',
    OCI_AUTOMATIC_CROSSMOUNT: '1',
    OCI_REPORT_DIR: results,
  }),
};

export const suites: readonly Suite[] = [current('1.1'), current('dev'), released];

/** What must name a program for the suites to run. */
export const suiteVariables: readonly string[] = [...new Set(suites.map(({ variable }) => variable))];

/**
 * config.yml of the registry that the suites run against, beyond deletion. They push layers that are only named by a URL, and no
 * URL is allowed by default.
 */
export const suiteConfig = {
  validation: { manifests: { urls: { allow: ['^https://store\\.example\\.com/'] } } },
} as const;
