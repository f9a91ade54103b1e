import type { V1CronJob, V1Job } from '@kubernetes/client-node';
import {
  apiVersion,
  type ResourceKind,
  type Served,
  type ServedGarbageCollection,
  type ServedRegistry,
} from '@wharfinger/operator';

export type Job = Served<V1Job>;

export const registries: ResourceKind<ServedRegistry> = {
  apiVersion,
  kind: 'Registry',
  plural: 'registries',
  namespaced: true,
};

export type CronJob = Served<V1CronJob>;

export const cronJobs: ResourceKind<CronJob> = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  namespaced: true,
};

export const jobs: ResourceKind<Job> = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  plural: 'jobs',
  namespaced: true,
};

export const garbageCollections: ResourceKind<ServedGarbageCollection> = {
  apiVersion,
  kind: 'GarbageCollection',
  plural: 'garbagecollections',
  namespaced: true,
};
