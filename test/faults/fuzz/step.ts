import type { Spoil } from './message.ts';

/** How a request names a digest: one that is there, another one, or something that is none. */
export interface DigestChoice {
  readonly kind: 'known' | 'unknown' | 'malformed';
  readonly number: number;
}

export interface Content {
  readonly seed: number;
  /** Bytes. */
  readonly size: number;
}

/** What a client wants; numbers choose among what the model knows at that moment. */
export type Intent =
  | { readonly do: 'base' | 'login'; readonly head: boolean }
  | {
      readonly do: 'list';
      readonly what: 'catalog' | 'tags';
      readonly repository: number;
      readonly query: string;
      readonly head: boolean;
    }
  | { readonly do: 'start'; readonly repository: number; readonly mode: StartMode; readonly content: Content }
  | {
      readonly do: 'patch';
      readonly upload: number;
      readonly content: Content;
      readonly range: RangeChoice;
      readonly state: StateChoice;
    }
  | {
      readonly do: 'finish';
      readonly upload: number;
      readonly content: Content;
      readonly digest: FinishDigest;
      readonly state: StateChoice;
    }
  | {
      readonly do: 'status' | 'cancel';
      readonly upload: number;
      readonly state: StateChoice;
      readonly head: boolean;
    }
  | {
      readonly do: 'blob';
      readonly repository: number;
      readonly digest: DigestChoice;
      readonly method: 'GET' | 'HEAD' | 'DELETE';
      readonly headers: Readonly<Record<string, string>>;
    }
  | {
      readonly do: 'putManifest';
      readonly repository: number;
      readonly kind: ManifestKind;
      readonly reference: ReferenceChoice;
      readonly number: number;
      readonly tags: readonly string[];
      readonly type: 'right' | 'wrong' | 'none';
    }
  | {
      readonly do: 'manifest';
      readonly repository: number;
      readonly by: 'tag' | 'digest';
      readonly digest: DigestChoice;
      readonly method: 'GET' | 'HEAD' | 'DELETE';
      readonly headers: Readonly<Record<string, string>>;
    }
  | {
      readonly do: 'referrers';
      readonly repository: number;
      readonly digest: DigestChoice;
      readonly query: string;
      readonly head: boolean;
    }
  | {
      readonly do: 'free';
      readonly method: string;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly content: Content;
    };

export type StartMode =
  'plain' | 'whole' | 'wholeWrong' | 'mount' | 'mountUnknown' | 'mountMalformed' | 'badName';
export type RangeChoice = 'none' | 'right' | 'gap' | 'long' | 'odd';
export type StateChoice = 'kept' | 'dropped' | 'forged' | 'unknownUpload';
export type FinishDigest = 'right' | 'sha512' | 'wrong' | 'malformed' | 'missing';
export type ManifestKind =
  | 'image'
  | 'dockerImage'
  | 'index'
  | 'dockerList'
  | 'artifact'
  | 'schema1Unsigned'
  | 'missingBlob'
  | 'notJson'
  | 'odd'
  | 'large';
export type ReferenceChoice = 'tag' | 'digest' | 'sha512' | 'wrongDigest' | 'badTag' | 'badDigest';

export interface Step {
  readonly intent: Intent;
  readonly spoil: Spoil;
}

/** Requests that go out in one piece on one connection, and bytes that are no requests at all. */
export type Move =
  | { readonly move: 'request'; readonly step: Step }
  | { readonly move: 'pipeline'; readonly intents: readonly Intent[] }
  | { readonly move: 'garbage'; readonly bytes: Uint8Array; readonly preface: 'none' | 'request' | 'http2' };
