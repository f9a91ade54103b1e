import { z } from 'zod';
import { address, duration, flag, integer, text } from '../fields.ts';

/** The keys of distribution 2.8. */
const older = {
  addr: address('localhost:6379').optional().describe('HOST:PORT of the server.'),
  pool: z
    .strictObject({
      maxidle: integer(0).optional().describe('Most idle connections.'),
      maxactive: integer(0).optional().describe('Most connections.'),
      idletimeout: duration.optional().describe('Time after which an idle connection is closed.'),
    })
    .optional()
    .describe('The connections.'),
};

const connections = {
  maxretries: integer(-1).optional().describe('Most attempts of a command after the first; -1 means none.'),
  minretrybackoff: duration.optional().describe('Shortest time between two attempts.'),
  maxretrybackoff: duration.optional().describe('Longest time between two attempts.'),
  dialtimeout: duration.optional().describe('Longest time to connect.'),
  readtimeout: duration.optional().describe('Longest time to wait for an answer.'),
  writetimeout: duration.optional().describe('Longest time to send a command.'),
  contexttimeoutenabled: flag.default(false).describe('End a command with its request.'),
  poolfifo: flag.default(false).describe('Use the connection that has been idle for the longest time.'),
  poolsize: integer(0).optional().describe('Most connections to one server.'),
  pooltimeout: duration.optional().describe('Longest time to wait for a connection.'),
  minidleconns: integer(0).optional().describe('Fewest idle connections.'),
  maxidleconns: integer(0).optional().describe('Most idle connections.'),
  maxactiveconns: integer(0).optional().describe('Most connections in all.'),
  connmaxidletime: duration.optional().describe('Time after which an idle connection is closed.'),
  connmaxlifetime: duration.optional().describe('Time after which a connection is closed.'),
};

const cluster = {
  maxredirects: integer(0).optional().describe('Most redirections of a command in a cluster.'),
  readonly: flag.default(false).describe('Read from replicas.'),
  routebylatency: flag.default(false).describe('Read from the nearest server.'),
  routerandomly: flag.default(false).describe('Read from any server.'),
  mastername: text.optional().describe('Name of the master that the sentinels know.'),
};

const identity = {
  disableidentity: flag.default(false).describe('Do not tell the server the name of the client.'),
  disableindentity: flag
    .optional()
    .meta({ replacement: 'redis.disableidentity' })
    .describe('Do not tell the server the name of the client.'),
  identitysuffix: text.optional().describe('Added to the name of the client.'),
  unstableresp3: flag.default(false).describe('Use features of RESP3 that are not final.'),
};

export const Redis = z
  .strictObject({
    addrs: z.array(address('localhost:6379')).default([]).describe('HOST:PORT of the servers.'),
    clientname: text.optional().describe('Name that each connection gets.'),
    db: integer(0).default(0).describe('Number of the database.'),
    protocol: integer(2).optional().describe('Version of the protocol.'),
    username: text.optional().describe('User name.'),
    password: text.optional().meta({ secret: true }).describe('Password.'),
    sentinelusername: text.optional().describe('User name for the sentinels.'),
    sentinelpassword: text.optional().meta({ secret: true }).describe('Password for the sentinels.'),
    ...connections,
    ...cluster,
    ...identity,
    ...older,
    tls: z
      .strictObject({
        enabled: flag.optional().describe('Use TLS.'),
        certificate: text.optional().describe('PEM file with the certificate of the client.'),
        key: text.optional().describe('PEM file with its private key.'),
        rootcas: z.array(text).default([]).describe('PEM files with the authorities of the server.'),
      })
      .optional()
      .describe('TLS to the server.'),
  })
  .transform(({ disableindentity, ...redis }) => ({
    ...redis,
    disableidentity: redis.disableidentity || disableindentity === true,
  }))
  .optional()
  .meta({ planned: true })
  .describe('The Redis server of the cache of descriptors.');
