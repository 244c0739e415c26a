import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isObject } from '../../src/core/base/json.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import { accountAt, database, emulated, folderOf, web } from '../cli/command.ts';
import { id } from '../core/builders.ts';
import { documents } from '../pass/fleet.ts';
import { start } from './program.ts';
import { servedBy } from './serving.ts';

const many = (count: number, fields: JsonObject) =>
  Array.from({ length: count }, (_, index) => web({ service_id: id(index), name: `web-${index}`, ...fields }));

const linesOf = (stdout: string): readonly JsonObject[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
    .filter(isObject);

/** Runs a daemon at the default log level until it has logged its first pass, and returns its log and the report of that pass. */
async function firstPass(live: readonly JsonObject[], declared: readonly JsonObject[]) {
  const { url } = await emulated({ services: live });
  const program = start(['run', '--services', folderOf({ 'many.yaml': documents(declared) })], {
    environment: { ...accountAt(url), VPC_RECONCILER_LOG_LEVEL: 'info' },
  });
  const daemon = await servedBy(program);
  const { json: report } = await daemon.until('/api/report', ({ status }) => status === 200);
  program.send('SIGTERM');
  const { stdout } = await program.ended;
  return { stdout, report: isObject(report) ? report : {} };
}

test('logs 1,000 updates in lines of at most 16 KiB, with everything that the report has', async () => {
  const { stdout, report } = await firstPass(many(1000, { http_port: 81 }), many(1000, { http_port: 80 }));
  for (const line of stdout.split('\n')) expect(Buffer.byteLength(line)).toBeLessThan(16 * 1024);

  const lines = linesOf(stdout).filter(({ run_id }) => run_id === report['run_id']);
  const [first, ...details] = lines;
  expect(first).toMatchObject({ event: 'reconciliation_report', outcome: 'converged', counts: { updated: 1000 } });
  const { services } = report;
  expect(details).toEqual(
    (Array.isArray(services) ? services : []).map((service: unknown) => ({
      level: 'info',
      time: expect.any(String) as unknown,
      event: 'reconciliation_service',
      run_id: report['run_id'],
      ...withoutNulls(service),
      msg: expect.stringMatching(/^web-\d+: updated$/) as unknown,
    })),
  );
  expect(details).toHaveLength(1000);
});

function withoutNulls(value: unknown): object {
  return Object(JSON.parse(JSON.stringify(value, (_, item: unknown) => (item === null ? undefined : item))));
}

test('logs less than 2 kB for a quiet pass over 900 unmanaged services, which are all in the report', async () => {
  const { stdout, report } = await firstPass(many(901, {}), many(1, {}));
  const lines = stdout.split('\n').filter((line) => line.includes(JSON.stringify(report['run_id'])));
  expect(lines).toHaveLength(1);
  expect(Buffer.byteLength(lines.join('\n'))).toBeLessThan(2000);
  expect(linesOf(lines.join('\n'))).toMatchObject([{ level: 'info', counts: { unmanaged: 900 }, services: [] }]);
  expect(report['services']).toHaveLength(900);
});

test('names a service whose file is deleted once, as a warning', async () => {
  const emulator = await emulated({ services: [web(), database()] });
  const services = folderOf({ 'web.yaml': web(), 'db.yaml': database() });
  const program = start(['run', '--services', services, '--interval', '200ms'], {
    environment: { ...accountAt(emulator.url), VPC_RECONCILER_LOG_LEVEL: 'info' },
  });
  await program.logged({ event: 'reconciliation_report', outcome: 'in_sync' });
  const file = join(services, 'db.yaml');
  rmSync(file);
  expect(await program.logged({ event: 'no_longer_declared' })).toMatchObject({
    level: 'warn',
    services: [{ service_id: '0191e3a4-5b6c-7d8e-9f00-112233445577', name: 'db', file }],
    msg: `no longer declared, left alone: db (${file})`,
  });
  for (let passes = 0; passes < 3; passes += 1) {
    expect(await program.logged({ event: 'reconciliation_report' })).toMatchObject({
      outcome: 'in_sync',
      services: [],
    });
  }
  expect(program.stdout().match(/"no_longer_declared"/g)).toHaveLength(1);
});
