import type { Progress } from '../progress.ts';

/** What `go build -v` has told so far. */
export interface BuildCount {
  downloaded: number;
  compiled: number;
  last: string;
}

/** The count after one more line of `go build -v`'s standard error. */
export function countBuildLine(count: BuildCount, line: string): BuildCount {
  if (line.startsWith('go: downloading ')) return { ...count, downloaded: count.downloaded + 1 };
  if (line === '' || line.startsWith('go: ') || line.startsWith('#') || /\s/.test(line)) return count;
  return { ...count, compiled: count.compiled + 1, last: line };
}

/** One line for `count`, or undefined when there is nothing to tell. */
export function describeBuild(title: string, count: BuildCount): string | undefined {
  if (count.compiled > 0) return `building ${title}: ${count.compiled} packages compiled, now ${count.last}`;
  if (count.downloaded > 0) return `building ${title}: ${count.downloaded} modules downloaded`;
  return undefined;
}

/** Tells the state of a build every `intervalMs` milliseconds until `stop` is called. */
export function reportBuild(
  title: string,
  progress: Progress,
  intervalMs: number = 15_000,
): { onLine: (line: string) => void; stop: () => void } {
  let count: BuildCount = { downloaded: 0, compiled: 0, last: '' };
  const timer = setInterval(
    () => progress.step(describeBuild(title, count) ?? `building ${title}`),
    intervalMs,
  );
  return {
    onLine: (line) => {
      count = countBuildLine(count, line);
    },
    stop: () => clearInterval(timer),
  };
}
