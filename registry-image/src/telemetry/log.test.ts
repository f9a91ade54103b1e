import { describe, expect, it } from 'vitest';
import { createLog, type LogOptions } from './log.ts';

function linesOf(options: Partial<LogOptions>): string[] {
  const lines: string[] = [];
  const write = (text: string): void => void lines.push(text);
  const log = createLog(
    { level: 'info', formatter: 'text', fields: { team: 'a' }, reportcaller: false, ...options },
    { service: 'registry' },
    { write },
  );
  log.debug('not at this level');
  log.warn({ count: 3, remote: '::1', nested: { path: '/v2/' } }, 'two "words"');
  return lines;
}

describe('createLog', () => {
  it('writes text as logrus does', () => {
    const lines = linesOf({});
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^time="[^"]+Z" level=warning msg="two \\"words\\"" service=registry team=a count=3 remote="::1" nested\.path=\/v2\/\n$/,
    );
  });

  it('writes JSON with the keys of distribution', () => {
    const [line = ''] = linesOf({ formatter: 'json' });
    expect(JSON.parse(line)).toMatchObject({
      level: 'warning',
      msg: 'two "words"',
      service: 'registry',
      team: 'a',
    });
    expect(Date.parse((JSON.parse(line) as { time: string }).time)).toBeGreaterThan(0);
  });

  it('writes Logstash events', () => {
    const [line = ''] = linesOf({ formatter: 'logstash' });
    expect(JSON.parse(line)).toMatchObject({
      '@version': '1',
      message: 'two "words"',
      level: 'warning',
      count: 3,
    });
  });

  it('leaves out what is below its level', () => {
    expect(linesOf({ level: 'error' })).toEqual([]);
    expect(linesOf({ level: 'debug' }).map((line) => / msg=(\S+)/.exec(line)?.[1])).toEqual(['"not', '"two']);
  });

  it('tells the place that wrote a line when it is asked to', () => {
    const lines = linesOf({ reportcaller: true, formatter: 'json', level: 'debug' });
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(parsed).toMatchObject([
      { msg: 'not at this level', func: 'linesOf' },
      { msg: 'two "words"', func: 'linesOf', count: 3, nested: { path: '/v2/' } },
    ]);
    for (const { file } of parsed) expect(file).toMatch(/^telemetry\/log\.test\.ts:\d+$/);
    expect(linesOf({ formatter: 'json' })[0]).not.toContain('log.test.ts');
  });

  it('keeps an error that is logged alone', () => {
    const lines: string[] = [];
    const log = createLog(
      { level: 'info', formatter: 'json', fields: {}, reportcaller: true },
      {},
      { write: (text) => void lines.push(text) },
    );
    log.error(new Error('broken'));
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ err: { message: 'broken' }, msg: 'broken' });
  });
});
