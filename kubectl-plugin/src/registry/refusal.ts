import { CommandError } from '../command-error.ts';
import type { RegistryAnswer } from './registry-client.ts';

interface Problem {
  readonly code?: string;
  readonly message?: string;
  readonly detail?: unknown;
}

/** Codes of the errors in an answer (OCI distribution spec, "Error Codes"); none when it holds none. */
export function errorCodesOf(answer: RegistryAnswer): string[] {
  return problemsOf(answer).flatMap(({ code }) => code ?? []);
}

/** What a registry answered instead of doing `what`, as one sentence. */
export function refusal(what: string, answer: RegistryAnswer): CommandError {
  const reasons = problemsOf(answer).map(({ code, message, detail }) =>
    [code, message, typeof detail === 'string' ? detail : ''].filter((part) => part).join(': '),
  );
  const told = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
  return new CommandError(`the registry refused to ${what} (${answer.status})${told}${hintFor(answer)}`);
}

function hintFor(answer: RegistryAnswer): string {
  if (answer.status !== 401 && answer.status !== 403) return '';
  return '; give --credentials SECRET of a user who may';
}

function problemsOf({ body }: RegistryAnswer): Problem[] {
  try {
    const { errors } = JSON.parse(body.toString()) as { errors?: Problem[] };
    return Array.isArray(errors) ? errors : [];
  } catch {
    return [];
  }
}
