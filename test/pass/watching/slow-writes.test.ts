import { appendFileSync, closeSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { temporaryFolder } from '../../source/folders.ts';
import { startDaemon } from './running-daemon.ts';
import { idOf, liveService } from './web-service.ts';

/*
 * Files that are written in place, bit by bit, so that the folder holds half of them for seconds. Half a declaration can be valid: without
 * its last lines, it turns the verification of certificates back on.
 */

const ROUNDS = process.env['FULL'] === '1' ? 100 : 5;
const AT_ONCE = 5;
const TUNNEL = '0191dce4-9ab4-7fce-b660-8e5dec5172da';
const COMMENT = '# A long explanation of this service, as people write them.\n'.repeat(50);

/** Returns a declaration that ends with its TLS settings. */
function withTls(number: number, port: number): string {
  return [
    `service_id: ${idOf(number)}`,
    `name: web-${number}`,
    'type: http',
    `https_port: ${port}`,
    'host:',
    '  ipv4: 10.0.0.1',
    '  network:',
    `    tunnel_id: ${TUNNEL}`,
    `${COMMENT}tls_settings:`,
    '  cert_verification_mode: disabled',
    '',
  ].join('\n');
}

function liveWithTls(number: number, port: number): JsonObject {
  const { http_port: _, ...service } = liveService(number, port);
  return { ...service, https_port: port, tls_settings: { cert_verification_mode: 'disabled' } };
}

/** Writes a file in place, in parts of any size, with pauses of any length. Keeps the file open, or opens it for each part. */
async function writeSlowly(path: string, text: string, random: () => number): Promise<void> {
  const [keepsOpen, byLine] = [random() < 0.5, random() < 0.3];
  const partSize = byLine ? 0 : 200 + Math.floor(random() * 1500);
  const pauseMs = 100 + random() * 900;
  truncateSync(path);
  const file = keepsOpen ? openSync(path, 'a') : null;
  const lines = text.split(/(?<=\n)/);
  const parts = byLine
    ? [...lines.slice(0, 8), lines.slice(8, -3).join(''), ...lines.slice(-3)]
    : (text.match(new RegExp(`[^]{1,${partSize}}`, 'g')) ?? []);
  for (const [index, part] of parts.entries()) {
    if (index > 0) await sleep(pauseMs * (0.7 + 0.3 * random()));
    if (file === null) appendFileSync(path, part);
    else writeSync(file, part);
  }
  if (file !== null) closeSync(file);
}

test('never applies half of a file that is written slowly', { timeout: 600_000 }, async () => {
  for (let seed = 1; seed <= ROUNDS; seed += AT_ONCE) {
    const folder = temporaryFolder();
    const numbers = Array.from({ length: AT_ONCE }, (_, number) => number);
    const pathOf = (number: number) => join(folder, `${number}.yaml`);
    for (const number of numbers) writeFileSync(pathOf(number), withTls(number, 1000));
    const bodies: unknown[] = [];
    const daemon = await startDaemon(folder, {
      services: numbers.map((number) => liveWithTls(number, 1000)),
      onBody: (body) => bodies.push(body),
    });
    await daemon.nextReport(({ outcome }) => outcome === 'in_sync');
    await Promise.all(
      numbers.map(async (number) => writeSlowly(pathOf(number), withTls(number, 1001), mulberry32(seed + number))),
    );
    await expect.poll(() => bodies.length, { timeout: 15_000, interval: 20 }).toBeGreaterThanOrEqual(AT_ONCE);
    const { tls_settings } = liveWithTls(0, 1001);
    expect(bodies).toHaveLength(AT_ONCE);
    for (const body of bodies) expect(body).toMatchObject({ https_port: 1001, tls_settings });
    await daemon.stop();
  }
});

/** A small generator of pseudo-random numbers: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function mulberry32(seed: number): () => number {
  let state = seed * 7919;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
