/** What a request wants to do with a repository; `repository` is '' for what concerns the registry as a whole. */
export interface Access {
  readonly repository: string;
  readonly action: 'pull' | 'push' | 'delete' | 'catalog';
}

/** Who makes a request. */
export interface Subject {
  /** '' when nobody had to say who they are. */
  readonly user: string;
  /** May push to the repositories of the request. */
  readonly mayPush: boolean;
}

export interface AccessController {
  /**
   * @param authorization the Authorization header of the request
   * @throws AccessError
   */
  authorize(authorization: string | undefined, accesses: readonly Access[]): Promise<Subject>;
}

/**
 * unauthorized: who they are must be said or is wrong (401 with `challenge`); denied: they may not (403); busy: too many
 * passwords are being checked already (429).
 */
export class AccessError extends Error {
  readonly reason: 'unauthorized' | 'denied' | 'busy';
  /** Value of WWW-Authenticate, for `unauthorized`. */
  readonly challenge: string;
  constructor(reason: 'unauthorized' | 'denied' | 'busy', challenge = '') {
    super(reason);
    this.name = 'AccessError';
    this.reason = reason;
    this.challenge = challenge;
  }
}
