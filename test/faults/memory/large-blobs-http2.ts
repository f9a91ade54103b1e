import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { RegistryProcess } from '../registry-process.ts';
import { compare, type LargeBlobClient, type LargeBlobs, sendBlob } from './large-blobs.ts';

/** Connections among which the transfers are spread, so that each carries many at a time. */
const sessionCount = 8;

/** Over HTTP/2 with TLS, several transfers on each connection. */
export function createHttp2BlobClient(registry: RegistryProcess, blobs: LargeBlobs): LargeBlobClient {
  const sessions: ClientHttp2Session[] = [];

  function sessionOf(index: number): ClientHttp2Session {
    const place = index % sessionCount;
    const session = (sessions[place] ??= connect(`https://localhost:${registry.port}`, { ca: registry.ca }));
    // The streams tell.
    if (session.listenerCount('error') === 0) session.on('error', () => {});
    return session;
  }

  async function upload(index: number): Promise<void> {
    const session = sessionOf(index);
    const start = session.request(
      { ':method': 'POST', ':path': '/v2/memory/blobs/uploads/' },
      { endStream: true },
    );
    const { location } = await headOf(start, 202);
    start.resume();
    const url = new URL(String(location), 'http://any');
    url.searchParams.set('digest', blobs.digests[index] ?? '');
    const put = session.request(
      { ':method': 'PUT', ':path': url.pathname + url.search, 'content-length': blobs.size },
      { endStream: false },
    );
    const answer = headOf(put, 201);
    await Promise.race([answer, sendBlob(put, blobs, index)]);
    await answer;
    put.resume();
  }

  async function download(index: number): Promise<void> {
    const path = `/v2/memory/blobs/${blobs.digests[index]}`;
    const get = sessionOf(index).request({ ':path': path }, { endStream: true });
    await headOf(get, 200);
    await compare(get as AsyncIterable<Buffer>, blobs, index);
  }

  return {
    upload,
    download,
    close() {
      for (const session of sessions) session.destroy();
    },
  };
}

function headOf(stream: ClientHttp2Stream, status: number): Promise<OutgoingHttpHeaders> {
  return new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream.once('close', () => reject(new Error('the stream ended without an answer')));
    stream.once('response', (headers) => {
      if (headers[':status'] === status) resolve(headers);
      else reject(new Error(`answered ${headers[':status']} instead of ${status}`));
    });
  });
}
