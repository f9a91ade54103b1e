import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forgetProcess, parseProcessTable, readProcessTable, recordProcess } from './process-table.ts';
import type { ProcessRecord } from './process-table.ts';

const etcd: ProcessRecord = { name: 'etcd', pid: 1, startTime: 2, bootId: 'b', fingerprint: 'f' };

describe('parseProcessTable', () => {
  it.each(['', '[{"name":"etcd"', '{}', 'null', '[1, null, {"name": "etcd", "pid": 1}]'])(
    'survives %j',
    (text) => {
      expect(parseProcessTable(text)).toEqual([]);
    },
  );

  it('reads whole records', () => {
    expect(parseProcessTable(JSON.stringify([etcd]))).toEqual([etcd]);
  });
});

describe('the process table', () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'processes-'));
    file = join(directory, 'processes.json');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('keeps one record for each name', () => {
    recordProcess(file, etcd);
    recordProcess(file, { ...etcd, name: 'kubelet', pid: 5 });
    recordProcess(file, { ...etcd, pid: 9 });
    expect(readProcessTable(file).map(({ name, pid }) => [name, pid])).toEqual([
      ['kubelet', 5],
      ['etcd', 9],
    ]);
    forgetProcess(file, 5);
    expect(readProcessTable(file)).toHaveLength(1);
  });

  it('is empty before the first start', () => {
    expect(readProcessTable(file)).toEqual([]);
  });
});
