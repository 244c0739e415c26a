import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isObject, parseJson } from '../../src/core/base/json.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import { accountAt, command, database, emulated, folderOf, temporaryFolder } from '../cli/command.ts';
import { openFixture } from './pass-fixture.ts';

// Numbers that a JavaScript number cannot hold, from the response of the API to everything that is made of it.

const DIGITS = '[9007199254740993,1.10,1e400,-0,{"deep":0.1000000000000000055511151231257827}]';

/** Returns the service with these fields, given as JSON. */
function exact(service: JsonObject, fields: string): JsonObject {
  const value = parseJson(`${JSON.stringify(service).slice(0, -1)},${fields}}`);
  if (!isObject(value)) throw new Error('expected an object');
  return value;
}

test('numbers in unknown fields are carried over digit by digit', async () => {
  const network = { tunnel_id: '0191dce4-9ab4-7fce-b660-8e5dec5172da' };
  const host = exact(network, `"priority":1.10`);
  const service = exact(database({ host: { ipv4: '10.0.0.1', network: host } }), `"weights":${DIGITS}`);
  const { write, pass, emulator, putCount } = await openFixture({ services: [service] });
  write('db.yaml', [database({ tcp_port: 5433, host: { ipv4: '10.0.0.1', network } })]);
  expect(await pass()).toMatchObject({ outcome: 'converged' });
  const [stored] = emulator.services();
  expect(JSON.stringify(stored)).toContain(`"weights":${DIGITS}`);
  expect(JSON.stringify(stored)).toContain(`"priority":1.10`);
  expect(await pass()).toMatchObject({ outcome: 'in_sync' });
  expect(putCount()).toBe(1);
});

test('a port is compared by its value', async () => {
  const { tcp_port: _, ...service } = database();
  const { write, pass, putCount } = await openFixture({ services: [exact(service, `"tcp_port":5432.0`)] });
  write('db.yaml', [database()]);
  expect(await pass()).toMatchObject({ outcome: 'in_sync' });
  expect(putCount()).toBe(0);
});

test('a report shows the digits of a known field that is out of range', async () => {
  const { tcp_port: _, ...service } = database();
  const { url } = await emulated({ services: [exact(service, `"tcp_port":9007199254740993`)] });
  const services = folderOf({ 'db.yaml': database() });
  for (const [output, shown] of [
    ['json', /"live": 9007199254740993,/],
    ['text', /9007199254740993/],
    ['markdown', /9007199254740993/],
  ] as const) {
    const line = ['plan', '--services', services, '--output', output];
    expect((await command(line, { environment: accountAt(url) })).stdout).toMatch(shown);
  }
});

test('a saved plan holds every digit, and is stale once a digit changes', async () => {
  const service = exact(database(), `"weights":${DIGITS}`);
  const emulator = await emulated({ services: [service] });
  const environment = accountAt(emulator.url);
  const services = folderOf({ 'db.yaml': database({ tcp_port: 5433 }) });
  const file = join(temporaryFolder(), 'plan.json');
  expect((await command(['plan', '--services', services, '--out', file], { environment })).code).toBe(2);
  expect(readFileSync(file, 'utf8').replaceAll(/\s/g, '')).toContain(`"weights":${DIGITS}`);

  const saved = readFileSync(file, 'utf8');
  writeFileSync(file, saved.replaceAll('9007199254740993', '9007199254740992'));
  const stale = await command(['apply', file, '--services', services], { environment });
  expect(stale.code).toBe(1);
  expect(stale.stdout).toContain('the unknown field weights has a different value');

  writeFileSync(file, saved);
  expect((await command(['apply', file, '--services', services], { environment })).code).toBe(0);
  expect(JSON.stringify(emulator.services())).toContain(`"weights":${DIGITS}`);
});

test('import names the field, and quotes a port that it cannot declare as it is', async () => {
  const { tcp_port: _, ...service } = database();
  const other = { ...service, service_id: '0191e3a4-5b6c-7d8e-9f00-000000000009', name: 'other' };
  const { url } = await emulated({
    services: [exact(database(), `"weights":1.10`), exact(other, `"tcp_port":9007199254740993`)],
  });
  const { stdout, stderr } = await command(['import', '--services', temporaryFolder()], {
    environment: accountAt(url),
  });
  expect(stdout + stderr).toMatch(/weights/);
  expect(stdout + stderr).toMatch(/found 9007199254740993/);
});
