import { createProgress } from '../progress.ts';
import { parseStartArguments, startUsage, UsageError } from './arguments.ts';
import { messageOf } from './failure.ts';
import { jsonReport, textReport } from './report.ts';
import { start } from './start.ts';

try {
  const options = parseStartArguments(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(startUsage);
  } else {
    const outcome = await start(options, createProgress());
    process.stdout.write(options.json ? `${jsonReport(outcome)}\n` : textReport(outcome));
  }
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n${error instanceof UsageError ? `\n${startUsage}` : ''}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
