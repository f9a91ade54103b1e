import { expect, test } from 'vitest';
import { parseCommandLine } from './command-line.ts';
import { durationMs } from './duration.ts';
import { synopses } from './synopses.ts';
import { commandUsage, usage } from './usage.ts';

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

test.each([
  ['view', 'view', [], {}],
  ['-n prod view -o json', 'view', [], { namespace: 'prod', output: 'json' }],
  ['tags team/app --registry=store', 'tags', ['team/app'], { registry: 'store' }],
  ['delete team/app v1 --gc -y', 'delete', ['team/app', 'v1'], { gc: true, yes: true }],
  ['gc --wait=false --dry-run=true', 'gc', [], { wait: false, 'dry-run': true }],
  ['gc --no-wait --min-age 0s', 'gc', [], { wait: false, 'min-age': '0s' }],
  ['read-only on --timeout 90s', 'read-only', ['on'], { timeout: '90s' }],
  ['purge --yes-delete-everything store', 'purge', ['store'], { 'yes-delete-everything': true }],
])('%s', (line, command, operands, flags) => {
  expect(parseCommandLine(words(line))).toEqual({ command, operands, flags });
});

test.each([
  ['', 'a command is missing'],
  ['push', 'there is no command push; the commands are view, tags'],
  ['tags', 'tags needs IMAGE'],
  ['delete team/app', 'delete needs REFERENCE'],
  ['view all', 'view does not take all'],
  ['view --gc', '--gc does not go with view'],
  ['gc --credentials x', '--credentials does not go with gc'],
  ['view --everything', "unknown option '--everything'"],
  ['gc --wait=maybe', "option '--wait' does not take an argument"],
  ['view -o yaml', '--output yaml is not known; it is json or table'],
  ['view --namespace=', '--namespace needs a value'],
])('%s is refused: %s', (line, message) => {
  expect(() => parseCommandLine(words(line))).toThrow(message);
});

test('-h is a wish for the usage, whatever else is missing or wrong', () => {
  expect(parseCommandLine(['-h'])).toEqual({ help: 'all' });
  expect(parseCommandLine(['delete', '--help'])).toEqual({ help: 'delete' });
});

test('the usage shows every command, and that of a command each of its flags', () => {
  for (const [name, synopsis] of Object.entries(synopses)) {
    expect(usage()).toMatch(new RegExp(`^  ${name} .*  ${synopsis.summary}$`, 'm'));
    const text = commandUsage(name as keyof typeof synopses);
    for (const flag of synopsis.flags) expect(text).toContain(flag === 'output' ? '-o' : `--${flag}`);
  }
});

test.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['250ms', 250],
])('the duration %s has %d ms', (text, ms) => {
  expect(durationMs(text, 'timeout')).toBe(ms);
});

test.each(['', '10', 's', '1d', '1h 30m', '-1s'])('%j is no duration', (text) => {
  expect(() => durationMs(text, 'timeout')).toThrow(`--timeout ${text} is not a length of time`);
});
