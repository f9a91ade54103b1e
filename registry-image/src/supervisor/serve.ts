import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { loadConfig } from '../config-file.ts';
import { findConfigPath } from '../config/location.ts';
import { createLog, flushLogs } from '../telemetry/log.ts';
import { startSupervisor } from './supervisor.ts';

/**
 * `registry serve [CONFIG]`: serves until SIGTERM or SIGINT, then drains; a second signal ends at once.
 * Resolves with the exit code. Throws a ConfigError, or an error of one sentence when the config cannot work here.
 */
export async function serve(argv: readonly string[], version: string): Promise<number> {
  const { config, warnings } = await loadConfig(findConfigPath(argv, process.env));
  const log = createLog(config.log, { service: 'registry', version });
  for (const warning of warnings) log.warn(warning);
  if (config.http.secret === undefined) {
    log.warn(
      'http.secret is not set: a random one is used, so uploads cannot go on after a restart or on another replica',
    );
  }
  const told = signalled();
  const { promise: hopeless, reject: giveUp } = Promise.withResolvers<never>();
  // It may be hopeless before the supervisor has started.
  hopeless.catch(() => {});
  const supervisor = await startSupervisor({
    config: {
      ...config,
      http: { ...config.http, secret: config.http.secret ?? randomBytes(32).toString('hex') },
    },
    version,
    pod: process.env['POD_NAME'] ?? hostname(),
    log,
    onHopeless: (sentence) => giveUp(new Error(sentence)),
  });
  try {
    await Promise.race([told, hopeless]);
  } finally {
    void signalled().then(() => process.exit(1));
    await supervisor.stop();
    flushLogs();
  }
  return 0;
}

function signalled(): Promise<unknown> {
  return Promise.race(
    (['SIGTERM', 'SIGINT'] as const).map((signal) => new Promise((resolve) => process.once(signal, resolve))),
  );
}
