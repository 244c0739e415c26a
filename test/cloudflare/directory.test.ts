import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isUsable } from '../../src/core/service/directory.ts';
import { FAKE_ACCOUNT_ID, FAKE_TOKEN, startEmulator } from '../../src/emulator/emulator.ts';
import type { Emulator, EmulatorOptions } from '../../src/emulator/emulator.ts';
import { directoryAt, failed, idsOf, live, never, web, webId, webs } from './client.ts';
import { refusal, replying, served, success } from './server.ts';
import type { Served } from './server.ts';

const path = `/client/v4/accounts/${FAKE_ACCOUNT_ID}/connectivity/directory/services`;

async function emulated(options: EmulatorOptions): Promise<Emulator> {
  const emulator = await startEmulator(options);
  onTestFinished(emulator.close);
  return emulator;
}

/** Starts a server that returns the given pages; every later page is empty. */
async function paged(...pages: readonly (readonly [result: unknown, resultInfo?: unknown])[]): Promise<Served> {
  return served(({ url }, response) => {
    const page = Number(new URL(url, 'http://localhost').searchParams.get('page'));
    const [result, resultInfo] = pages[page - 1] ?? [[]];
    response.end(JSON.stringify(success(result, resultInfo === undefined ? {} : { result_info: resultInfo })));
  });
}

describe('list', () => {
  test.each(['full', 'absent', 'empty'] as const)(
    'sends one request for 999 services with result_info %s',
    async (resultInfo) => {
      const emulator = await emulated({ services: webs(999), quirks: { resultInfo } });
      expect(idsOf(await directoryAt(emulator.url).list(never))).toEqual(idsOf(webs(999)));
      expect(emulator.requests.map((request) => request.path)).toEqual([`${path}?page=1&per_page=1000`]);
    },
  );

  test('sends one request for a full account when the response contains the total', async () => {
    const emulator = await emulated({ services: webs(1000) });
    expect(await directoryAt(emulator.url).list(never)).toHaveLength(1000);
    expect(emulator.requests).toHaveLength(1);
  });

  test('says when the first of several pages has arrived', async () => {
    const emulator = await emulated({ services: webs(45), quirks: { maxPerPage: 20 } });
    let requests = 0;
    await directoryAt(emulator.url).list({
      ...never,
      onFirstPage: () => {
        requests = emulator.requests.length;
      },
    });
    expect([requests, emulator.requests.length]).toEqual([1, 3]);
  });

  test('requests another page after a full one when there is no total', async () => {
    const emulator = await emulated({ services: webs(1000), quirks: { resultInfo: 'absent' } });
    expect(await directoryAt(emulator.url).list(never)).toHaveLength(1000);
    expect(emulator.requests).toHaveLength(2);
  });

  test('returns identical objects for an identical response, and new ones for another response', async () => {
    const emulator = await emulated({ services: webs(3) });
    const { list } = directoryAt(emulator.url);
    const first = await list(never);
    const second = await list(never);
    for (const [index, service] of second.entries()) expect(service).toBe(first[index]);
    const changed = first[1]?.service_id ?? '';
    emulator.change(changed, (service) => ({ ...service, http_port: 81 }));
    const third = await list(never);
    expect(third[1]?.value).toMatchObject({ http_port: 81 });
    expect(first[1]?.value).not.toMatchObject({ http_port: 81 });
    expect(third[2]?.value).toEqual(first[2]?.value);
  });

  test('returns an empty list for an empty account', async () => {
    const emulator = await emulated({});
    expect(await directoryAt(emulator.url).list(never)).toEqual([]);
    expect(emulator.requests).toHaveLength(1);
  });

  test('returns the id in lower case, the name, and the unchanged object', async () => {
    const emulator = await emulated({ services: [web()], quirks: { uuids: 'upper' } });
    const [service] = await directoryAt(emulator.url).list(never);
    expect(service).toEqual({ service_id: webId, name: 'web', value: emulator.services()[0] });
    expect(service?.value?.['service_id']).toBe(webId.toUpperCase());
  });

  test.each([
    { resultInfo: 'full', services: 45, pages: 3 },
    { resultInfo: 'full', services: 40, pages: 2, reason: 'the total shows that the full page is the last' },
    { resultInfo: 'absent', services: 45, pages: 3, reason: '20 may be the limit of the server' },
    { resultInfo: 'absent', services: 40, pages: 3, reason: 'only an empty page ends the list' },
    { resultInfo: 'empty', services: 20, pages: 2 },
  ] as const)(
    'reads all $services services from a server that returns 20 per page with result_info $resultInfo',
    async ({ resultInfo, services, pages }) => {
      const emulator = await emulated({ services: webs(services), quirks: { maxPerPage: 20, resultInfo } });
      expect(idsOf(await directoryAt(emulator.url).list(never))).toEqual(idsOf(webs(services)));
      expect(emulator.requests.map((request) => request.path)).toEqual(
        Array.from({ length: pages }, (_, index) => `${path}?page=${index + 1}&per_page=1000`),
      );
    },
  );

  test('fails after two requests when the server ignores the page and announced a total', async () => {
    const emulator = await emulated({ services: webs(45), quirks: { ignorePage: true, maxPerPage: 20 } });
    const { failure } = await failed(directoryAt(emulator.url).list(never));
    expect(failure).toMatchObject({
      kind: 'transient',
      message:
        'the list of services is incomplete: page 2 repeated earlier services after 20 services, but the API announced 45 services',
    });
    expect(emulator.requests).toHaveLength(2);
  });

  test('fails when the server ignores the page and returns a full one', async () => {
    const emulator = await emulated({ services: webs(1000), quirks: { ignorePage: true, resultInfo: 'absent' } });
    const { failure } = await failed(directoryAt(emulator.url).list(never));
    expect(failure.message).toContain('page 2 repeated earlier services after 1000 services, but the page was full');
  });

  test.each([3, 23])(
    'accepts %i services as complete when the server ignores the page and announces no total',
    async (count) => {
      const quirks = { ignorePage: true, resultInfo: 'absent' } as const;
      const emulator = await emulated({ services: webs(count), quirks });
      expect(await directoryAt(emulator.url).list(never)).toHaveLength(count);
      expect(emulator.requests.length).toBeLessThanOrEqual(2);
    },
  );

  test.each([20, 30])(
    'fails when the server ignores the page, has 45 services, returns %i and announces no total',
    async (maxPerPage) => {
      const emulator = await emulated({
        services: webs(45),
        quirks: { ignorePage: true, resultInfo: 'absent', maxPerPage },
      });
      const { failure } = await failed(directoryAt(emulator.url).list(never));
      expect(failure.message).toBe(
        `the list of services is incomplete: page 2 repeated earlier services after ${maxPerPage} services, but the API did not announce how many there are`,
      );
    },
  );

  test('accepts 20 services as complete from a server without pages', async () => {
    const { url, seen } = await replying({ body: success(webs(20)) });
    expect(await directoryAt(url).list(never)).toHaveLength(20);
    expect(seen.map((request) => request.url.split('?')[1])).toEqual([
      'page=1&per_page=1000',
      'page=2&per_page=1000',
      'page=1&per_page=1',
    ]);
  });

  test.each([
    { first: { total_count: 3 }, second: { total_count: 3 }, announced: 'the API announced 3 services' },
    { first: { total_count: 3 }, second: undefined, announced: 'the API announced 3 services' },
    { first: { total_count: 3 }, second: {}, announced: 'the API announced 3 services' },
    { first: { total_pages: 2 }, second: { total_pages: 2 }, announced: 'the API announced 2 pages' },
    { first: { total_pages: 2 }, second: undefined, announced: 'the API announced 2 pages' },
  ])(
    'fails when $announced, and the second page is empty with result_info $second',
    async ({ first, second, announced }) => {
      const { url } = await paged([webs(2), first], [[], second]);
      const { failure } = await failed(directoryAt(url).list(never));
      expect(failure).toMatchObject({
        kind: 'transient',
        message: `the list of services is incomplete: page 2 was empty after 2 services, but ${announced}`,
      });
    },
  );

  test('fails when the API announced two pages and the second repeats the first', async () => {
    const page = [webs(20), { total_pages: 2 }] as const;
    const { url } = await paged(page, page);
    expect((await failed(directoryAt(url).list(never))).failure.message).toContain('page 2 repeated earlier services');
  });

  test('reads as many pages as the API announced', async () => {
    const all = webs(3);
    const { url, seen } = await paged([all.slice(0, 2), { total_pages: 2 }], [all.slice(2), { total_pages: 2 }]);
    expect(await directoryAt(url).list(never)).toHaveLength(3);
    expect(seen).toHaveLength(2);
  });

  test.each([
    {
      pages: [
        [webs(2), { total_count: 3 }],
        [[], { total_count: 2 }],
      ],
      message: '"total_count" changed from 3 to 2',
    },
    {
      pages: [
        [webs(2), { total_count: 3 }],
        [[], { total_pages: 1 }],
      ],
      message: 'the API announced 3 services',
    },
    {
      pages: [
        [webs(2), { total_pages: 3 }],
        [webs(1), { total_pages: 2 }],
      ],
      message: '"total_pages" changed from 3 to 2',
    },
    { pages: [[webs(2), { total_count: 0 }]], message: '2 services were read, more than the API announced' },
    { pages: [[webs(2), { total_count: '3' }], [webs(2)]], message: 'the API announced 3 services' },
    { pages: [[webs(2), { total_pages: 0 }]], message: '2 services were read, more than the API announced' },
  ] as const)('fails when the totals contradict each other: $message', async ({ pages, message }) => {
    const { url } = await paged(...pages);
    expect((await failed(directoryAt(url).list(never))).failure.message).toContain(message);
  });

  test('fails when a service is listed twice with different values', async () => {
    const [a, b, c] = webs(3);
    const { url } = await paged([[a, b], { total_count: 3 }], [[{ ...b, name: 'renamed' }, c], { total_count: 3 }]);
    expect((await failed(directoryAt(url).list(never))).failure.message).toContain(
      'listed twice with different values',
    );
  });

  test('fails on an empty list when the API announced services', async () => {
    const { url } = await paged([[], { total_count: 3 }]);
    expect((await failed(directoryAt(url).list(never))).failure.message).toContain('the API announced 3 services');
  });

  test('fails after 100 pages', async () => {
    const all = webs(200);
    const { url, seen } = await paged(...all.map((service) => [[service], { total_count: 5000 }] as const));
    const { failure } = await failed(directoryAt(url).list(never));
    expect(failure).toMatchObject({
      kind: 'transient',
      message: expect.stringContaining('did not end within 100 pages'),
    });
    expect(seen).toHaveLength(100);
  });

  test('returns a service once that moved from one page to the next', async () => {
    const [a, b, c] = webs(3);
    const { url } = await paged([[a, b], { total_count: 3 }], [[b, c], { total_count: 3 }]);
    const services = await directoryAt(url).list(never);
    expect(services.map(({ name }) => name)).toEqual(['web-0000', 'web-0001', 'web-0002']);
  });

  test('keeps a service without a name', async () => {
    const { url } = await paged([[web({ name: null })]]);
    expect((await directoryAt(url).list(never)).map(({ name }) => name)).toEqual(['']);
  });

  test('keeps a service with an unknown type and unknown keys', async () => {
    const unknown = web({ type: 'udp', labels: { a: [1, null] }, host: 'everywhere' });
    const { url } = await paged([[unknown]]);
    expect(await directoryAt(url).list(never)).toEqual([live(unknown)]);
  });

  test.each([
    'none',
    7,
    [],
    null,
    {},
    { total_count: 'many', total_pages: null, per_page: {} },
    { total_count: null, total_pages: 'many' },
    { per_page: 1000, page: 'first', count: false },
  ])('ignores result_info %j', async (resultInfo) => {
    const { url } = await paged([webs(3), resultInfo]);
    expect(idsOf(await directoryAt(url).list(never))).toEqual(idsOf(webs(3)));
  });

  test.each([
    { result: null },
    { result: undefined },
    { result: {} },
    { result: 'none' },
    { result: [null] },
    { result: [[]] },
    { result: [{ ...web(), service_id: undefined }] },
    { result: [web({ host: JSON.parse(`${'['.repeat(60)}${']'.repeat(60)}`) })] },
  ])('fails on a success whose result is $result', async ({ result }) => {
    const { url } = await paged([result]);
    expect((await failed(directoryAt(url).list(never))).failure.kind).toBe('transient');
  });

  test.for(['.', '..', '\uD800'])('skips an item whose id cannot be in an address: %j', async (service_id) => {
    const { url } = await paged([[{ ...web(), service_id }, web()], { total_count: 2 }]);
    const items = await directoryAt(url).list(never);
    expect(items).toMatchObject([
      { service_id: webId },
      {
        service_id: null,
        value: null,
        reason: expect.stringContaining(`that can be in an address, found ${JSON.stringify(service_id)}`),
      },
    ]);
  });

  test('skips an item without a usable id, and returns it with the reason', async () => {
    const { url, seen } = await paged([[{ ...web(), service_id: 7 }, web(), null], { total_count: 3 }]);
    expect(await directoryAt(url).list(never)).toEqual([
      live(web()),
      {
        service_id: null,
        name: 'web',
        value: null,
        reason: 'item 1 of the list of services: expected the text "service_id", found 7',
      },
      {
        service_id: null,
        name: null,
        value: null,
        reason: 'item 3 of the list of services: expected a service, found nothing',
      },
    ]);
    expect(seen).toHaveLength(1);
  });

  test.each<{ what: string; once: object }>([
    { what: 'result null', once: success(null) },
    { what: 'result {}', once: success({}) },
    { what: 'no result', once: success(undefined) },
    { what: 'a total that is too small', once: success(webs(2), { result_info: { total_count: 1 } }) },
    { what: 'no pages', once: success(webs(2), { result_info: { total_pages: 0 } }) },
    { what: 'an empty list and a total', once: success([], { result_info: { total_count: 2 } }) },
  ])('reads the list again after $what', async ({ once }) => {
    let isFirstList = true;
    const { url, seen } = await served((request, response) => {
      const isFirstPage = request.url.includes('?page=1&');
      const isRepeated = isFirstPage && seen.length > 1;
      if (isRepeated) isFirstList = false;
      response.end(JSON.stringify(isFirstList ? once : success(webs(2), { result_info: { total_count: 2 } })));
    });
    const directory = directoryAt(url);
    expect(idsOf(await directory.list(never))).toEqual(idsOf(webs(2)));
    expect(seen).toHaveLength(2);
    expect(directory.usage()).toMatchObject({ requests: 2, retries: 1 });
  });

  test('starts again when a service is deleted between two pages', async () => {
    let list = 0;
    const { url, seen } = await served((request, response) => {
      const page = Number(new URL(request.url, 'http://localhost').searchParams.get('page'));
      if (page === 1) list += 1;
      const all = list === 1 && page === 1 ? webs(4) : webs(4).slice(1);
      const items = all.slice(2 * page - 2, 2 * page);
      response.end(JSON.stringify(success(items, { result_info: { total_count: all.length } })));
    });
    expect(idsOf(await directoryAt(url).list(never))).toEqual(idsOf(webs(4).slice(1)));
    expect(seen).toHaveLength(4);
  });

  test('fails after as many attempts as an update when the totals never agree', async () => {
    const { url, seen } = await paged([webs(2), { total_count: 1 }]);
    expect((await failed(directoryAt(url, { attempts: 4 }).list(never))).failure).toMatchObject({
      kind: 'transient',
      message: 'the list of services changed while it was read: 2 services were read, more than the API announced',
    });
    expect(seen).toHaveLength(4);
  });

  test('fails on a failure with status 200', async () => {
    const { url } = await replying({ body: { ...refusal(1000, 'try later'), result: [web()] } });
    expect((await failed(directoryAt(url).list(never))).failure).toMatchObject({ status: 200, code: 1000 });
  });

  test('fails when one of the pages cannot be read', async () => {
    const { url } = await replying(
      { body: success(webs(2), { result_info: { total_count: 3 } }) },
      { status: 400, body: refusal(5102, 'page is too large') },
    );
    expect((await failed(directoryAt(url).list(never))).failure).toMatchObject({ status: 400, code: 5102 });
  });
});

describe('update', () => {
  const { service_id: _, ...body } = web({ http_port: 8080, labels: { kept: [1] } });

  test('sends the body unchanged and returns the service that the API then has', async () => {
    const emulator = await emulated({ services: [web()] });
    const directory = directoryAt(emulator.url);
    const service = (await directory.list(never)).find(isUsable);
    if (service === undefined) throw new Error('expected a service');
    const updated = await directory.update(service, body, never);
    expect(emulator.requests[1]).toMatchObject({ method: 'PUT', path: `${path}/${webId}`, status: 200, body });
    expect(updated).toEqual({
      attempts: 1,
      live: { service_id: webId, name: 'web', value: emulator.services()[0] },
    });
    expect(updated.live.value).toMatchObject({ http_port: 8080, host: { ipv6: null } });
  });

  test('writes the id in the address as the API does', async () => {
    const emulator = await emulated({ services: [web()], quirks: { uuids: 'upper' } });
    const directory = directoryAt(emulator.url);
    const service = (await directory.list(never)).find(isUsable);
    if (service === undefined) throw new Error('expected a service');
    const updated = await directory.update(service, body, never);
    expect(emulator.requests[1]?.path).toBe(`${path}/${webId.toUpperCase()}`);
    expect(updated.live.service_id).toBe(webId);
  });

  test('encodes special characters in ids', async () => {
    const { url, seen } = await replying({ body: success(web({ service_id: 'X/../y?z#' })) });
    await directoryAt(url, { accountId: 'a/b?' }).update(live(web({ service_id: 'X/../y?z#' })), body, never);
    expect(seen[0]?.url).toBe('/client/v4/accounts/a%2Fb%3F/connectivity/directory/services/X%2F..%2Fy%3Fz%23');
  });

  test.each([{ result: null }, { result: [] }, { result: { name: 'web' } }, { result: 'done' }])(
    'retries a response with result $result instead of the service, and then fails',
    async ({ result }) => {
      const { url } = await replying({ body: success(result) });
      const error = await failed(directoryAt(url).update(live(web()), body, never));
      expect(error.failure).toMatchObject({
        kind: 'transient',
        message: 'the response to the update does not contain the service',
      });
      expect(error.attempts).toBe(3);
      const other = await replying({ body: success(result) }, { body: success(web()) });
      expect(await directoryAt(other.url).update(live(web()), body, never)).toMatchObject({ attempts: 2 });
    },
  );

  test('fails when the response contains another service', async () => {
    const other = '0191e3a4-5b6c-7d8e-9f00-aaaaaaaaaaaa';
    const { url } = await replying({ body: success(web({ service_id: other })) });
    const error = await failed(directoryAt(url).update(live(web()), body, never));
    expect(error.message).toBe(`the response to the update contains another service, "${other}"`);
  });

  test('returns the number of attempts', async () => {
    const { url } = await replying({ status: 502 }, { status: 503 }, { body: success(web()) });
    expect((await directoryAt(url).update(live(web()), body, never)).attempts).toBe(3);
  });
});

describe('usage', () => {
  test('counts the requests and retries of all calls', async () => {
    const { url } = await replying(
      { status: 500 },
      { body: success([web()]) },
      { status: 500 },
      { status: 500 },
      { status: 500 },
      { status: 400, body: refusal(5102, 'malformed') },
      { body: success([]) },
    );
    const directory = directoryAt(url);
    expect(directory.usage()).toEqual({ requests: 0, retries: 0, throttled_ms: 0 });
    await directory.list(never);
    expect(directory.usage()).toEqual({ requests: 2, retries: 1, throttled_ms: 0 });
    await failed(directory.list(never));
    expect(directory.usage()).toEqual({ requests: 5, retries: 3, throttled_ms: 0 });
    await failed(directory.list(never));
    await directory.list(never);
    expect(directory.usage()).toEqual({ requests: 7, retries: 3, throttled_ms: 0 });
  });
});

describe('close', () => {
  test('ends every connection', async () => {
    const { url, openSockets } = await replying({ body: success([]) });
    const directory = directoryAt(url);
    await Promise.all([directory.list(never), directory.list(never)]);
    expect(openSockets()).toBe(2);
    await directory.close();
    await expect.poll(openSockets).toBe(0);
  });

  test('can be called again', async () => {
    const { url } = await replying({ body: success([]) });
    const directory = directoryAt(url);
    await directory.list(never);
    await Promise.all([directory.close(), directory.close()]);
    await directory.close();
  });

  test('lets the process end', async () => {
    const emulator = await emulated({ services: webs(2) });
    const options = {
      baseUrl: emulator.url,
      accountId: FAKE_ACCOUNT_ID,
      connections: 2,
      requestTimeoutMs: 60_000,
      userAgent: 'vpc-reconciler/test',
      attempts: 3,
    };
    const program = `
      import { requestBudget } from ${quotedUrl('budget/request-budget')};
      import { fixedCredentials } from ${quotedUrl('../core/base/credentials')};
      import { cloudflareDirectory } from ${quotedUrl('directory')};
      const random = () => 0;
      const budget = requestBudget({ rates: [{ requests: 9, ms: 60_000, text: '9/1m' }], random, onWait: () => {} });
      const credentials = fixedCredentials({ token: ${JSON.stringify(FAKE_TOKEN)} });
      const directory = cloudflareDirectory({ ...${JSON.stringify(options)}, credentials, budget, random });
      const stop = new AbortController().signal;
      const services = await directory.list({ stop, kill: stop });
      await directory.close();
      console.log(services.length);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      timeout: 15_000,
    });
    expect(stdout).toBe('2\n');
  });
});

/** Returns the URL of a file in src/cloudflare, quoted for an import. */
function quotedUrl(file: string): string {
  return JSON.stringify(new URL(`../../src/cloudflare/${file}.ts`, import.meta.url));
}
