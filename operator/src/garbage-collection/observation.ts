import type { GarbageCollectionPhase } from '../api/garbage-collection-status.ts';
import type { RegistryState } from '@wharfinger/registry/config';

/** What the operator sees of a registry at one moment. */
export interface Observation {
  /** Milliseconds since the epoch. */
  now: number;
  /** Null when there is no such Registry, or when it is being deleted. */
  registry: RegistryView | null;
  /** Every pod that the StatefulSet's selector finds, those that terminate included. */
  replicas: Replica[];
  /** The other GarbageCollections of the same Registry. */
  siblings: Sibling[];
  /** Of a dry run whose mark is made: the plan as far as it is stored; undefined otherwise. */
  plan?: StoredPlan;
}

/** Name of the ConfigMap that holds the plan, or why there is none yet. */
export type StoredPlan = { name: string } | { problem: string };

export interface RegistryView {
  uid: string;
  ready: boolean;
  /** spec.suspend is set: no run begins. */
  suspended?: boolean;
  /** Undefined while there is no StatefulSet. */
  statefulSet: StatefulSetView | undefined;
  /** UID of the run that `collection.json` names now, '' when there is none. */
  collectionRun: string;
}

export interface StatefulSetView {
  replicas: number;
  settled: boolean;
  /** UID of the run for which its pods were replaced last, '' when there is none. */
  rolledOutFor: string;
}

export interface Replica {
  pod: string;
  ready: boolean;
  terminating: boolean;
  /** The last answer of its state endpoint, null when the last request failed. */
  state: RegistryState | null;
  /** Since when it has not answered, in milliseconds since the epoch; null when it answers. */
  silentSince: number | null;
  /** Why the last request failed, '' when it did not. */
  error: string;
}

export interface Sibling {
  uid: string;
  name: string;
  created: string;
  deleting: boolean;
  phase: GarbageCollectionPhase;
}
