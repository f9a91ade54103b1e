import { parentPort, workerData } from 'node:worker_threads';
import { type ScheduleOptions, trySchedules } from './schedules.ts';
import { loadSubject } from './subject.ts';

/** What a thread is to do: schedules of the code in a directory. */
export interface WorkerOrder extends ScheduleOptions {
  readonly directory: string;
}

const { directory, ...options } = workerData as WorkerOrder;
const result = await trySchedules(options, await loadSubject(directory));
parentPort?.postMessage(result, []);
