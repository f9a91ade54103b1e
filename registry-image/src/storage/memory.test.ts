import { type AddressInfo, connect, createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { describeDriver } from './driver-contract.ts';
import { createMemoryDriver } from './memory.ts';
import { createRemoteDriver } from './remote.ts';
import { serveStorage } from './remote-server.ts';
import type { StorageDriver } from './driver.ts';

async function createRemote(): Promise<{
  keeper: StorageDriver;
  driver: StorageDriver;
  other: StorageDriver;
  remove: () => Promise<void>;
}> {
  const keeper = createMemoryDriver();
  const server = createServer((socket) => serveStorage(keeper, socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')] as const;
  const [driver, other] = sockets.map((stream) => createRemoteDriver({ name: 'inmemory', stream }));
  if (!driver || !other) throw new Error('no driver');
  return {
    keeper,
    driver,
    other,
    async remove() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describeDriver('inmemory', async () => ({ driver: createMemoryDriver(), remove: async () => {} }));
describeDriver('inmemory, of another process', createRemote);

describe('a storage of another process', () => {
  it('is the same for all that reach it', async () => {
    const { driver, other, remove } = await createRemote();
    const first = await driver.appender('/up/data');
    await first.write([Buffer.from('one')]);
    const second = await other.appender('/up/data');
    await expect(first.write([Buffer.from('lost')])).rejects.toThrow('another appender has taken over');
    await second.write([Buffer.from(' two')]);
    expect((await driver.getContent('/up/data')).toString()).toBe('one two');
    await remove();
  });

  it('fails what is asked when that process has gone, at once', async () => {
    const { driver, remove } = await createRemote();
    await driver.putContent('/a', 'x');
    const content = await driver.reader('/a');
    await remove();
    await expect(driver.stat('/a')).rejects.toThrow('the process that keeps the storage has ended');
    await expect(content.close()).rejects.toThrow('the process that keeps the storage has ended');
  });
});
