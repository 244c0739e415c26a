import { expect, test } from 'vitest';
import { isObject } from '../../src/core/base/json.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import { accountAt, emulated, folderOf, web } from '../cli/command.ts';
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
