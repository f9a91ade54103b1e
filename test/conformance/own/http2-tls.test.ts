import { runChecks } from './run-checks.ts';

runChecks('http2-tls');
