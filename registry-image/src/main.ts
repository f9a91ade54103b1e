#!/usr/bin/env node
import { runCommand } from './command.ts';

const status = await runCommand(process.argv.slice(2));
// Once all output has been taken; servers and watches that are still open are not waited for.
process.stdout.write('', () => process.exit(status));
