import { createServer } from 'node:http';
import { readdirSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { isObject } from '../../src/core/base/json.ts';
import { accountAt, command, database, emulated, folderOf, temporaryFolder, web } from '../cli/command.ts';

// Items of the list that are no services, through a real pass.

/** Starts a proxy of an emulated account that adds items to each list. */
async function listing(...extra: readonly unknown[]) {
  const emulator = await emulated({ services: [web(), database()] });
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const { method = '', url = '', headers } = request;
      const answer = await fetch(new URL(url, emulator.url), {
        method,
        headers: { authorization: headers.authorization ?? '' },
        ...(method === 'GET' ? {} : { body: Buffer.concat(chunks) }),
      });
      const body: unknown = await answer.json();
      response.writeHead(answer.status).end(JSON.stringify(method === 'GET' ? withItems(body, extra) : body));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return { environment: accountAt(`http://127.0.0.1:${port}/client/v4`), services: emulator.services };
}

function withItems(body: unknown, [first, ...others]: readonly unknown[]): unknown {
  if (!isObject(body) || !Array.isArray(body['result'])) return body;
  const result = [first, ...body['result'], ...others];
  return { ...body, result, result_info: { total_count: result.length } };
}

test('are skipped and named, and the other services are updated', async () => {
  const { environment, services } = await listing(null, { ...web(), name: 'ghost', service_id: 7 });
  const folder = folderOf({ 'db.yaml': database({ tcp_port: 5433 }), 'web.yaml': web() });
  const line = ['apply', '--services', folder, '--output'];
  const { code, stdout } = await command([...line, 'json'], { environment });
  expect(code).toBe(1);
  const hint = 'the API lists it in a form that cannot be used; it is left alone';
  expect(JSON.parse(stdout)).toMatchObject({
    outcome: 'partial',
    counts: { declared: 2, live: 2, in_sync: 1, drifted: 1, updated: 1, missing: 0, invalid: 2 },
    services: [
      {
        service_id: null,
        name: null,
        file: null,
        finding: 'invalid',
        reason: 'item 1 of the list of services: expected a service, found nothing',
        hint,
      },
      {
        service_id: null,
        name: 'ghost',
        file: null,
        finding: 'invalid',
        reason: 'item 4 of the list of services: expected the text "service_id", found 7',
        hint,
      },
      { name: 'db', finding: 'drifted', result: 'updated' },
    ],
    error: null,
  });
  expect(services()).toMatchObject([{}, { tcp_port: 5433 }]);

  const text = await command([...line, 'text'], { environment });
  expect(text.stdout).toContain(
    `! ghost  no service_id  skipped: item 4 of the list of services: expected the text "service_id", found 7; ${hint}`,
  );
  const markdown = await command([...line, 'markdown'], { environment });
  expect(markdown.stdout).toContain('found 7');
  expect(markdown.stdout).not.toContain('null');
});

test('are named by import, which then exits with 1', async () => {
  const { environment } = await listing(null);
  const folder = temporaryFolder();
  const imported = await command(['import', '--services', folder], { environment });
  expect(imported.code).toBe(1);
  expect(imported.stderr).toContain(
    '(no name): cannot be declared; item 1 of the list of services: expected a service, found nothing',
  );
  expect(readdirSync(folder)).toHaveLength(2);
  const selected = ['import', '--services', temporaryFolder(), '--only', 'web'];
  expect(await command(selected, { environment })).toMatchObject({ code: 0, stderr: '' });
});
