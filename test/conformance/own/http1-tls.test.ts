import { runChecks } from './run-checks.ts';

runChecks('http1-tls');
