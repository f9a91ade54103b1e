import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Upload } from '../registry/uploads.ts';

/**
 * The parameter `_state` of an upload's URL: what it belongs to, signed. The upload's real state is on the storage. The
 * form is distribution's (padded base64url of HMAC and JSON), so a server of either kind goes on with the other's uploads.
 */
export interface UploadState {
  sign(upload: Upload): string;
  /** Whether a `_state` that came with a request was made for this upload. */
  verify(state: string, upload: Upload): boolean;
}

/** @param options.secret `http.secret`, the same in all processes; random without it, which serves one process alone */
export function createUploadState(options: { secret?: string }): UploadState {
  const secret = options.secret ?? randomBytes(32);

  function signature(payload: Buffer): Buffer {
    return createHmac('sha256', secret).update(payload).digest();
  }

  function sign(upload: Upload): string {
    const payload = Buffer.from(
      JSON.stringify({ Name: upload.repository, UUID: upload.id, Offset: upload.size }),
    );
    return Buffer.concat([signature(payload), payload])
      .toString('base64')
      .replaceAll('+', '-')
      .replaceAll('/', '_');
  }

  function verify(state: string, upload: Upload): boolean {
    const bytes = Buffer.from(state, 'base64url');
    const payload = bytes.subarray(32);
    if (payload.length === 0 || !timingSafeEqual(bytes.subarray(0, 32), signature(payload))) return false;
    const fields = JSON.parse(payload.toString()) as { Name?: unknown; UUID?: unknown };
    return fields.Name === upload.repository && fields.UUID === upload.id;
  }

  return { sign, verify };
}
