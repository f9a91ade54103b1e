import { describe, expect, it } from 'vitest';
import { createLog, type LogOptions } from './log.ts';

function linesOf(options: Partial<LogOptions>): string[] {
  const lines: string[] = [];
  const write = (text: string): void => void lines.push(text);
  const log = createLog(
    { level: 'info', formatter: 'text', fields: { team: 'a' }, ...options },
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
});
