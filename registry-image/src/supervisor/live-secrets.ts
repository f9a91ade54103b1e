import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { parseHtpasswd } from '../auth/htpasswd-file.ts';
import { parseTokenKeys, type TokenKeyTexts } from '../auth/token-keys.ts';
import type { Config } from '../config/schema.ts';
import type { RegistryState } from '../config/state.ts';
import type { Log } from '../telemetry/log.ts';
import { checkClientCas, checkTlsMaterial, fingerprintOf, type TlsMaterial } from '../tls/material.ts';
import type { Pool } from './pool.ts';
import type { Settings } from './protocol.ts';
import type { FileTexts } from './watched-files.ts';

export interface LiveSecrets {
  /** Files to watch. */
  readonly paths: readonly string[];
  /** Takes up texts before any worker is forked. Throws an error of one sentence when one cannot be served with. */
  begin(texts: FileTexts): Pick<Settings, 'tls' | 'htpasswd' | 'tokenKeys'>;
  /** Hands what is new and can be used to the workers; logs once what cannot, and what held before goes on to hold. */
  update(texts: FileTexts, pool: Pool): void;
  state(pool: Pool): Pick<RegistryState, 'certificate' | 'htpasswd'>;
}

/** The serving certificate, the htpasswd file and the keys that sign tokens, taken live. */
export function createLiveSecrets(config: Config, log: Log): LiveSecrets {
  const { tls } = config.http;
  const htpasswdPath = config.auth.htpasswd?.path;
  const { rootcertbundle, jwks } = config.auth.token ?? {};
  const paths = [
    ...(tls ? [tls.certificate, tls.key, ...tls.clientcas] : []),
    ...[htpasswdPath, rootcertbundle, jwks].filter((path) => path !== undefined),
  ];
  /** Names of what is in use by every worker, and of what was handed out last. */
  const confirmed = { certificate: '', htpasswd: '' };
  const handedOut = { certificate: '', htpasswd: '', tokenKeys: '' };
  let material: TlsMaterial | null = null;
  let lastProblems = '';
  let loggedProblems = '';

  function readMaterial(texts: FileTexts): TlsMaterial | null {
    if (!tls) return null;
    const found = {
      certificate: required(texts, tls.certificate, 'http.tls.certificate'),
      key: required(texts, tls.key, 'http.tls.key'),
      clientCas: tls.clientcas.map((path, index) => required(texts, path, `http.tls.clientcas[${index}]`)),
    };
    if (isDeepStrictEqual(found, material)) return material;
    checkTlsMaterial(found, 'http.tls');
    checkClientCas(found.clientCas, 'http.tls');
    return found;
  }

  function readHtpasswd(texts: FileTexts): string | null {
    return htpasswdPath === undefined ? null : required(texts, htpasswdPath, 'auth.htpasswd.path');
  }

  function readTokenKeys(texts: FileTexts): TokenKeyTexts | null {
    if (!config.auth.token) return null;
    const textOf = (path: string | undefined, setting: string): string | null =>
      path === undefined ? null : required(texts, path, setting);
    return {
      rootcertbundle: textOf(rootcertbundle, 'auth.token.rootcertbundle'),
      jwks: textOf(jwks, 'auth.token.jwks'),
    };
  }

  function takeMaterial(found: TlsMaterial | null): void {
    material = found;
    handedOut.certificate = found ? fingerprintOf(found.certificate) : '';
  }

  function takeHtpasswd(text: string | null): void {
    handedOut.htpasswd = nameOf(text);
    for (const problem of parseHtpasswd(text ?? '').problems) log.warn(problem);
  }

  function takeTokenKeys(found: TokenKeyTexts | null): void {
    const problems = found ? parseTokenKeys(found).problems : [];
    handedOut.tokenKeys = nameOf(JSON.stringify(found));
    for (const problem of problems) log.warn(problem);
  }

  function updateTls(texts: FileTexts, pool: Pool): string {
    return problemOf(() => {
      const found = readMaterial(texts);
      if (found === material) return;
      takeMaterial(found);
      pool.set('tls', found);
      log.info({ certificate: handedOut.certificate }, 'new certificate');
    });
  }

  function updateHtpasswd(texts: FileTexts, pool: Pool): string {
    return problemOf(() => {
      const found = readHtpasswd(texts);
      if (nameOf(found) === handedOut.htpasswd) return;
      takeHtpasswd(found);
      pool.set('htpasswd', found);
      log.info('new htpasswd file');
    });
  }

  function updateTokenKeys(texts: FileTexts, pool: Pool): string {
    return problemOf(() => {
      const found = readTokenKeys(texts);
      if (nameOf(JSON.stringify(found)) === handedOut.tokenKeys) return;
      takeTokenKeys(found);
      pool.set('tokenKeys', found);
      log.info('new keys of tokens');
    });
  }

  return {
    paths,
    begin(texts) {
      takeMaterial(readMaterial(texts));
      const htpasswd = readHtpasswd(texts);
      takeHtpasswd(htpasswd);
      const tokenKeys = readTokenKeys(texts);
      takeTokenKeys(tokenKeys);
      return { tls: material, htpasswd, tokenKeys };
    },
    update(texts, pool) {
      const problems = [updateTls(texts, pool), updateHtpasswd(texts, pool), updateTokenKeys(texts, pool)]
        .filter(Boolean)
        .join('; ');
      // Two files may be read on either side of a swap: only what is wrong twice is worth a word.
      if (problems && problems === lastProblems && problems !== loggedProblems) {
        log.error({ problem: problems }, 'a new file cannot be used, what held before goes on to hold');
        loggedProblems = problems;
      }
      if (!problems) loggedProblems = '';
      lastProblems = problems;
    },
    state(pool) {
      if (pool.applied('tls')) confirmed.certificate = handedOut.certificate;
      if (pool.applied('htpasswd')) confirmed.htpasswd = handedOut.htpasswd;
      return { ...confirmed };
    },
  };
}

function problemOf(action: () => void): string {
  try {
    action();
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function required(texts: FileTexts, path: string, setting: string): string {
  const text = texts[path];
  if (text === null || text === undefined) throw new Error(`${setting}: the file ${path} does not exist`);
  return text;
}

function nameOf(text: string | null): string {
  return text === null ? '' : createHash('sha256').update(text).digest('hex');
}
