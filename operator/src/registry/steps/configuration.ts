import { randomBytes } from 'node:crypto';
import type { Config } from '@wharfinger/registry/config';
import { secrets } from '../../kube/builtin-kinds.ts';
import { judgeConfig } from '../../resources/config-judgement.ts';
import { objectNames } from '../../resources/names.ts';
import { drainSeconds } from '../../resources/pod-layout.ts';
import { podOverlayProblems } from '../../resources/pod-overlay-problems.ts';
import { registryConfigText } from '../../resources/registry-config.ts';
import { httpSecret, secretText } from '../../resources/secrets.ts';
import { requireOwned } from '../ownership.ts';
import { ProblemError, stalled } from '../problem.ts';
import type { StepContext } from '../step.ts';
import { environment } from './environment.ts';

/** What the registry is to run with, which its own reader has accepted. */
export interface Configuration {
  /** Text of config.yml. */
  readonly text: string;
  /** As ConfigJudgement has them. */
  readonly pins: Readonly<Record<string, string>>;
  /** Digest of what the environment refers to. */
  readonly environment: string | undefined;
  /** Seconds for which a stopping registry finishes requests. */
  readonly drain: number;
  /** Seconds after which a failing health check shows; 0 when there is none but that of the storage. */
  readonly checked: number;
  /** The users, if any, are those of spec.auth. */
  readonly ownUsers: boolean;
}

const mostProblems = 20;

/** Makes `NAME-http`, and judges spec.config, spec.env and spec.podTemplate; nothing of them reaches a pod here. */
export async function configuration(context: StepContext): Promise<Configuration> {
  const { registry, stores, applier } = context;
  const { name, namespace } = registry.metadata;
  const ref = { namespace, name: objectNames(name).http };
  const secret = await applier.createOnce(secrets, stores.secrets, ref, async () =>
    httpSecret(registry, randomBytes(32).toString('base64url')),
  );
  requireOwned(secrets.kind, secret, registry);
  const { variables, digest } = await environment(context, secretText(secret, 'secret') ?? '');
  const { problems, pins, config } = judgeConfig(registry, variables);
  const overlay = podOverlayProblems(registry);
  if (config === undefined) throw refusal('InvalidConfig', [...problems, ...overlay]);
  if (overlay.length > 0) throw refusal('InvalidPodTemplate', overlay);
  return {
    text: registryConfigText(registry),
    pins,
    environment: digest,
    drain: config.http.draintimeout / 1000 || drainSeconds,
    checked: secondsToCheck(config.health),
    ownUsers: registry.spec.auth !== undefined || config.auth.htpasswd === undefined,
  };
}

function refusal(reason: string, problems: readonly string[]): ProblemError {
  const more = problems.length - mostProblems;
  const told = [...problems.slice(0, mostProblems), ...(more > 0 ? [`and ${more} more`] : [])];
  const message = `the pods go on as they are, because the registry could not work so: ${told.join('; ')}`;
  return new ProblemError(stalled(reason, message));
}

/** A check that fails from its first time on shows after as many intervals as its threshold. */
function secondsToCheck({ http, tcp, file }: Config['health']): number {
  const times = [...http, ...tcp, ...file].map(
    ({ interval, threshold }) => interval * Math.max(threshold, 1),
  );
  return Math.ceil(Math.max(0, ...times) / 1000);
}
