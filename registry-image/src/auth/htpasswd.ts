import { type AccessController, AccessError, type Subject } from './access.ts';
import { parseHtpasswd } from './htpasswd-file.ts';
import { createPasswordCheck } from './password-check.ts';

export interface HtpasswdController extends AccessController {
  /** What is wrong with the file in use, one sentence per line of it. */
  readonly problems: readonly string[];
  /** Takes another text of the file from now on. */
  update(htpasswdText: string): { problems: string[] };
}

/** HTTP Basic authentication by an htpasswd file; every user may do everything. */
export function createHtpasswdController(options: {
  realm: string;
  htpasswdText: string;
}): HtpasswdController {
  const challenge = `Basic realm="${options.realm.replace(/["\\]/g, '\\$&')}"`;
  let file = parseHtpasswd(options.htpasswdText);
  const passwords = createPasswordCheck(file.users);

  async function authorize(authorization: string | undefined): Promise<Subject> {
    const credentials = parseBasic(authorization);
    if (!credentials || !(await passwords.verify(credentials.user, credentials.password))) {
      throw new AccessError('unauthorized', challenge);
    }
    return { user: credentials.user, mayPush: true };
  }

  return {
    get problems() {
      return file.problems;
    },
    authorize,
    update(htpasswdText) {
      file = parseHtpasswd(htpasswdText);
      passwords.replace(file.users);
      return { problems: file.problems };
    },
  };
}

// RFC 7617, section 2
function parseBasic(header: string | undefined): { user: string; password: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(header?.trim() ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
