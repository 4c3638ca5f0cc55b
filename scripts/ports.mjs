// Ports for programs that a test or a measurement starts.

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Ports that nobody listens at, below those that systems give to outgoing connections: who is killed and started again
 * finds its own still free.
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function sparePorts(count) {
  const ports = new Set();
  while (ports.size < count) {
    const port = randomInt(20_000, 32_000);
    if (await isSpare(port)) ports.add(port);
  }
  return [...ports];
}

async function isSpare(port) {
  const server = createServer().listen(port, '127.0.0.1');
  const listens = once(server, 'listening').then(() => true, () => false);
  if (!(await listens)) return false;
  await once(server.close(), 'close');
  return true;
}
