import { expect, it } from 'vitest';
import { startServer } from '../http/test-server.ts';
import { verifyOnce } from './verify-fixture.ts';

it('tells no damage beside a server that pushes, tags, deletes and cancels, and repairs nothing away', async () => {
  const server = await startServer();
  const state = { going: true, rounds: 0 };

  async function push(writer: number): Promise<void> {
    for (let round = 0; state.going; round++) {
      const repository = `team/app${writer % 2}`;
      const tag = `t${writer}-${round % 3}`;
      const { digest, layer } = await server.pushImage(repository, tag, `layer ${writer} ${round % 4}`);
      const upload = await server.request('POST', `/v2/${repository}/blobs/uploads/`);
      await server.request('DELETE', upload.headers.get('location') ?? '');
      if (round % 3 === 0) await server.request('DELETE', `/v2/${repository}/manifests/${tag}`);
      if (round % 5 === 0) await server.request('DELETE', `/v2/${repository}/manifests/${digest}`);
      if (round % 7 === 0) {
        // A layer of nobody: what refers to it goes first.
        await server.request('DELETE', `/v2/${repository}/manifests/${digest}`);
        await server.request('DELETE', `/v2/${repository}/blobs/${layer}`);
      }
      state.rounds++;
    }
  }

  const writers = [0, 1, 2, 3].map(push);
  try {
    for (let run = 0; run < 4 || state.rounds < 60; run++) {
      const repair = run % 2 === 1;
      const { found } = await verifyOnce(server.rootDirectory, { repair, pause: 400, run: `run-${run}` });
      expect(found).toEqual([]);
    }
  } finally {
    state.going = false;
    await Promise.all(writers);
  }
  const { found } = await verifyOnce(server.rootDirectory);
  expect(found).toEqual([]);
}, 60_000);
