/** What a request wants to do with a repository; `repository` is '' for what concerns the registry as a whole. */
export interface Access {
  readonly repository: string;
  readonly action: 'pull' | 'push' | 'delete' | 'catalog';
}

/** What a controller decides from. */
export interface AccessRequest {
  /** The Authorization header. */
  readonly authorization: string | undefined;
  /** Scheme and authority under which the client reaches this registry (`https://registry.example`), '' when unknown. */
  readonly origin: string;
  /** URL of `loginPath` for this client. */
  readonly loginUrl: string;
  /** What must be allowed; none: to be a user at all. */
  readonly accesses: readonly Access[];
  /** What the request can make use of besides: a challenge names it, nobody is refused for it. */
  readonly wishes?: readonly Access[];
}

/** Which repositories of a list somebody may see. */
interface Visibility {
  has(repository: string): boolean;
  /** False when no repository below the path `prefix` can be seen. */
  below(prefix: string): boolean;
}

/** Who makes a request. */
export interface Subject {
  /** '' when nobody had to say who they are. */
  readonly user: string;
  /** May push to the repositories of the request. */
  mayPush(): boolean;
  mayPull(repository: string): boolean;
  /** What the catalog shows; undefined: all. */
  readonly visible: Visibility | undefined;
}

/** A token that this registry itself gives to its clients (answer of distribution's "Token Authentication Specification"). */
export interface LoginToken {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly issuedAt: Date;
}

export interface AccessController {
  /** @throws AccessError */
  authorize(request: AccessRequest): Promise<Subject>;
  /**
   * Gives a token to a user, or, without credentials, to nobody in particular. Only there when the challenges of this
   * controller send clients to `loginPath`.
   * @throws AccessError
   */
  readonly login: ((authorization: string | undefined) => Promise<LoginToken>) | undefined;
}

/** Below the prefix of the registry: where `AccessController.login` is answered. No repository can have this name. */
export const loginPath = '/v2/_token';

/**
 * unauthorized: who they are must be said or is wrong (401 with `challenge`); denied: they may not (403); busy: too many
 * passwords are being checked already (429).
 */
export class AccessError extends Error {
  readonly reason: 'unauthorized' | 'denied' | 'busy';
  /** Value of WWW-Authenticate, for `unauthorized`. */
  readonly challenge: string;
  /** What was asked for and is not allowed. */
  readonly accesses: readonly Access[];
  constructor(
    reason: 'unauthorized' | 'denied' | 'busy',
    { challenge = '', accesses = [] }: { challenge?: string; accesses?: readonly Access[] } = {},
  ) {
    super(reason);
    this.name = 'AccessError';
    this.reason = reason;
    this.challenge = challenge;
    this.accesses = accesses;
  }
}
