import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { directoryAt, failed, never, webs } from '../client.ts';
import { served, success } from '../server.ts';
import type { Served } from '../server.ts';

const MEGABYTE = 1024 * 1024;
const list = Buffer.from(JSON.stringify(success(webs(999))));

/** Starts a server that sends a body, whatever the client accepts. */
async function sending(body: Buffer, coding: string, { status = 200 } = {}): Promise<Served> {
  return served((_, response) => {
    response.writeHead(status, { 'content-encoding': coding, 'content-type': 'application/json' }).end(body);
  });
}

test('a request asks for a compressed response', async () => {
  const { url, seen } = await sending(list, 'identity');
  await directoryAt(url).list(never);
  expect(seen[0]?.headers['accept-encoding']).toBe('gzip, br');
});

test.for([
  ['identity', list],
  ['gzip', gzipSync(list)],
  ['GZIP', gzipSync(list)],
  ['x-gzip', gzipSync(list)],
  ['br', brotliCompressSync(list)],
  ['zstd', zstdCompressSync(list)],
  ['deflate', deflateSync(list)],
  ['deflate', deflateRawSync(list)],
  ['gzip, br', brotliCompressSync(gzipSync(list))],
  ['identity, gzip', gzipSync(list)],
] as const)('a list with the content coding "%s" is read', async ([coding, body]) => {
  const { url } = await sending(body, coding);
  expect(await directoryAt(url).list(never)).toHaveLength(999);
});

describe('a body that cannot be decoded is no list:', () => {
  const bomb = Buffer.alloc(40 * MEGABYTE, ' ');
  const tooLarge = `it has more than ${32 * MEGABYTE} bytes when decoded`;
  const undecodable = 'it cannot be decoded';
  test.for([
    ['too large after gzip', 'gzip', gzipSync(bomb), tooLarge],
    ['too large after br', 'br', brotliCompressSync(bomb), tooLarge],
    ['too large after zstd', 'zstd', zstdCompressSync(bomb), tooLarge],
    ['too large after deflate', 'deflate', deflateSync(bomb), tooLarge],
    ['too large after the second coding', 'gzip, gzip', gzipSync(gzipSync(bomb)), tooLarge],
    ['incomplete gzip', 'gzip', gzipSync(list).subarray(0, -100), undecodable],
    ['incomplete br', 'br', brotliCompressSync(list).subarray(0, -100), undecodable],
    ['incomplete zstd', 'zstd', zstdCompressSync(list).subarray(0, -100), undecodable],
    ['incomplete deflate', 'deflate', deflateSync(list).subarray(0, -100), undecodable],
    ['another coding than it says', 'gzip', brotliCompressSync(list), undecodable],
    ['not compressed', 'gzip', list, undecodable],
    ['an unknown coding', 'lzma', list, 'its content coding is not supported'],
    ['a property of every object', 'constructor', list, 'its content coding is not supported'],
    ['too many codings', 'gzip, gzip, gzip', gzipSync(gzipSync(gzipSync(list))), 'it has more than 2 content codings'],
  ] as const)('%s', async ([, coding, body, reason]) => {
    const { url } = await sending(body, coding);
    const { failure } = await failed(directoryAt(url, { attempts: 1 }).list(never));
    expect(failure).toMatchObject({ kind: 'transient', status: 200 });
    expect(failure.message).toBe(
      `HTTP 200: the response cannot be read, because ${reason} (content type "application/json", coding "${coding}"); if this persists, check CLOUDFLARE_BASE_URL`,
    );
  });
});

test('an error without content is described by its status, whatever its coding', async () => {
  const { url } = await sending(Buffer.alloc(0), 'gzip', { status: 503 });
  const { failure } = await failed(directoryAt(url, { attempts: 1 }).list(never));
  expect(failure.message).toBe(
    'HTTP 503: the response is not in the format of the Cloudflare API (content type "application/json", coding "gzip", empty)',
  );
});

test('the reason in a compressed error is reported', async () => {
  const body = { success: false, errors: [{ code: 5101, message: 'Tunnel ID Not Found' }], result: null };
  const { url } = await sending(gzipSync(JSON.stringify(body)), 'gzip', { status: 400 });
  const { failure } = await failed(directoryAt(url).list(never));
  expect(failure).toMatchObject({ kind: 'rejected', code: 5101, message: 'HTTP 400, code 5101: Tunnel ID Not Found' });
});
