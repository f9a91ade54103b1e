#!/usr/bin/env node
import { text } from 'node:stream/consumers';
import { hash } from '@node-rs/bcrypt';
import { HtpasswdUsageError, parseHtpasswdArguments } from './htpasswd-arguments.ts';

const usage = `Usage: htpasswd -Bbn [-C COST] USER PASSWORD
       htpasswd -Bin [-C COST] USER          (password from standard input)

Prints a line for an htpasswd file. Only bcrypt (-B) and only output to standard output (-n) are there.
Exit status: 0 done; 2 the command line is wrong.
`;

try {
  const { user, password, cost } = parseHtpasswdArguments(process.argv.slice(2));
  const secret = password ?? (await text(process.stdin)).replace(/\r?\n$/, '');
  // Apache's name of the same algorithm.
  const entry = (await hash(secret, cost)).replace(/^\$2[ab]\$/, '$2y$');
  process.stdout.write(`${user}:${entry}\n`);
} catch (error) {
  if (!(error instanceof HtpasswdUsageError)) throw error;
  process.stderr.write(`htpasswd: ${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
