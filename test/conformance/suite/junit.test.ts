import { describe, expect, it } from 'vitest';
import { readJunit } from './junit.ts';

const report = `<testsuites tests="4"><testsuite name="s">
<testcase name="a/&#34;b&#34; &amp; c" classname="" status="passed"><system-err>x &lt;testcase</system-err></testcase>
<testcase name="left out" status="skipped" time="0.1"><skipped message="because &gt;"></skipped></testcase>
<testcase name="broken" classname="c" status="failure"><failure message="" type="t"><![CDATA[expected 201]]></failure></testcase>
<testcase name="short" status="passed"/>
</testsuite></testsuites>`;

describe('readJunit', () => {
  it('gives every check with its end', () => {
    expect(readJunit(report)).toEqual({
      announced: 4,
      checks: [
        { name: 'a/"b" & c', status: 'passed', message: '' },
        { name: 'left out', status: 'skipped', message: 'because >' },
        { name: 'broken', status: 'failed', message: 'expected 201' },
        { name: 'short', status: 'passed', message: '' },
      ],
    });
  });

  it('refuses a check that does not say how it ended', () => {
    expect(() => readJunit('<testcase name="x"/>')).toThrow('the report says undefined of x');
  });
});
