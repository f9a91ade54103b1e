import { uploadDataPath, uploadPath, uploadsPath, uploadStartedAtPath } from '../storage/paths.ts';
import type { Context } from './context.ts';
import { isAbandoned, nameOf, openDirectory } from './directory.ts';
import type { Check, Finding } from './inspector.ts';

/** Checks that every upload under way can go on, and will be purged when nobody goes on with it. */
export async function verifyUploads(context: Context, repository: string): Promise<void> {
  const { inspector } = context;
  const { directories } = await openDirectory(context, uploadsPath(repository), {
    directory: () => true,
  });
  for (const directory of directories) {
    context.counts.uploads++;
    const id = nameOf(directory);
    const { files } = await openDirectory(context, directory.path, {
      file: (name) => name === 'data' || name === 'startedat',
      directory: (name) => name === 'hashstates',
    });
    if (files.length > 0) await inspector.inspect(uploadCheck(context, repository, id));
  }
  await inspector.settle();
}

function uploadCheck(context: Context, repository: string, id: string): Check {
  const { store, setAside } = context;
  const data = uploadDataPath(repository, id);
  const startedAt = uploadStartedAtPath(repository, id);
  return {
    path: uploadPath(repository, id),
    async look(): Promise<Finding | undefined> {
      const entry = await store.stat(data);
      const started = await store.content(startedAt);
      if (!entry && !started) return undefined;
      // A server may be about to begin it, or for minutes to copy its data to a blob.
      const directory = await store.stat(uploadPath(repository, id));
      if (!directory || !isAbandoned(directory)) return undefined;
      if (!entry) {
        const path = uploadPath(repository, id);
        return {
          damage: { kind: 'upload-incomplete', path, repository, detail: 'there is no data' },
          repair: () =>
            setAside.move(path, async (moved) => (await store.stat(`${moved}/data`)) === undefined),
        };
      }
      if (started && !Number.isNaN(Date.parse(started.toString('latin1').trim()))) return undefined;
      return {
        damage: {
          kind: 'upload-start',
          path: startedAt,
          repository,
          detail: started ? 'it holds no time' : 'it is not there',
        },
        async repair() {
          // RFC 3339 in seconds, as distribution writes and reads it.
          const time = new Date(entry.modified).toISOString().replace(/\.\d+Z$/, 'Z');
          await setAside.copy(startedAt);
          await store.driver.putContent(startedAt, time);
          return { action: 'repaired' };
        },
      };
    },
  };
}
