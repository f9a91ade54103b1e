import type { TokenKeyTexts } from '../auth/token-keys.ts';
import type { Config } from '../config/schema.ts';
import type { GateMode } from '../registry/commit-gate.ts';
import type { UploadPurgeOptions } from '../registry/upload-purge.ts';
import type { RequestCount } from '../telemetry/request-counts.ts';
import type { TlsMaterial } from '../tls/material.ts';
import type { DrainLimits } from './connections.ts';

/** What every worker holds and can change while it serves. */
export interface Settings {
  readonly gate: GateMode;
  /** null: plain HTTP. */
  readonly tls: TlsMaterial | null;
  /** Text of the htpasswd file; null: no authentication. */
  readonly htpasswd: string | null;
  /** Keys that sign tokens; null: no authentication by token. */
  readonly tokenKeys: TokenKeyTexts | null;
  /** Reasons of the health checks that fail, by their names; with any, requests are answered 503. */
  readonly unhealthy: Readonly<Record<string, string>>;
}
export type Topic = keyof Settings;

/** A value of one setting; versions of a topic only grow. */
export interface Setting<T extends Topic = Topic> {
  readonly topic: T;
  readonly version: number;
  readonly value: Settings[T];
}

/** What the workers of this boot know of credentials, so that new ones need not check again what their predecessors checked. */
export interface SharedCredentials {
  /** 64 hex digits. */
  readonly key: string;
  readonly fingerprints: readonly string[];
}

/** From the supervisor to a worker. */
export type Command =
  /** The first one, answered by `ready` or `failed`. */
  | {
      readonly type: 'start';
      readonly config: Config;
      readonly version: string;
      /** Known to the workers of this boot alone, 64 hex digits: see relay-channel.ts. */
      readonly relayKey: string;
      /** The same in all workers of this boot, 96 hex digits: see RegistryServerOptions. */
      readonly ticketKeys: string;
      /** It gets ready and listens only when told to `serve`. */
      readonly standby: boolean;
      readonly verified: SharedCredentials;
      readonly settings: readonly Setting[];
    }
  | { readonly type: 'serve' }
  | { readonly type: 'set'; readonly setting: Setting }
  /** Another worker found these credentials right. */
  | { readonly type: 'verified'; readonly fingerprint: string }
  /** Comes with the socket of a client; answered by `taken`. */
  | { readonly type: 'connection'; readonly id: number }
  /** Answered by `report`. */
  | { readonly type: 'report' }
  | { readonly type: 'purgeUploads'; readonly options: UploadPurgeOptions }
  /** Frees what collections swept and whose time to be restored is over. */
  | { readonly type: 'freeUndo' }
  /**
   * Accept nothing more, finish what there is, then exit. `replaced`: new workers listen, so what still comes on connections that are open
   * is relayed to them and this worker takes no request any more. A second one changes the limits.
   */
  | {
      readonly type: 'drain';
      readonly replaced: boolean;
      readonly limits: DrainLimits;
    };

/** From a worker to the supervisor. */
export type Message =
  /** Its code is loaded: it waits for `start`. */
  | { readonly type: 'loaded' }
  /** It stands by: it could serve at once. */
  | { readonly type: 'prepared' }
  /** Connections can be given to it. */
  | { readonly type: 'ready' }
  | { readonly type: 'taken'; readonly id: number }
  /** It cannot serve with this config, and says why in one sentence; it exits. */
  | { readonly type: 'failed'; readonly message: string }
  /** For a gate that is closed: no commit section is running any more. */
  | { readonly type: 'applied'; readonly topic: Topic; readonly version: number }
  /** It found these credentials right: a fingerprint of VerifiedCredentials. */
  | { readonly type: 'verified'; readonly fingerprint: string }
  | { readonly type: 'report'; readonly report: Report }
  /** The last one before it exits. */
  | { readonly type: 'ended' };

export interface Report {
  readonly requestsInFlight: number;
  readonly takesRequests: boolean;
  readonly heldWrites: number;
  /** Requests since the last report. */
  readonly requests: readonly RequestCount[];
}
