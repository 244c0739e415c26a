import { expect, test } from 'vitest';
import type { Finding } from '../../src/core/compare/compare.ts';
import { normalize } from '../../src/core/service/normalize.ts';
import { EXAMPLE_TUNNEL } from '../../src/emulator/emulator.ts';
import { openFixture } from './pass-fixture.ts';

// The chain of src/core/base/identity-cache.ts, from the response text to the finding, through the real client and folder.

const web = {
  service_id: '0191e3a4-5b6c-7d8e-9f00-000000000001',
  name: 'web',
  type: 'http',
  http_port: 8080,
  host: { ipv4: '10.0.0.1', network: { tunnel_id: EXAMPLE_TUNNEL } },
};
const db = { ...web, service_id: '0191e3a4-5b6c-7d8e-9f00-000000000002', name: 'db', http_port: 8081 };

const fieldsOf = (finding: Finding | undefined) =>
  finding?.kind === 'in_sync'
    ? [finding.fields, normalize(finding.live.value), normalize(finding.declaration.value)]
    : [];

test('normalizes and compares nothing again in a second pass over an unchanged account', async () => {
  const findings: (readonly Finding[])[] = [];
  const { write, pass } = await openFixture({
    services: [web, db],
    mode: 'detect',
    onPlan: (made) => void findings.push(made.findings),
  });
  write('web.yaml', [web]);
  write('db.yaml', [{ ...db, http_port: 9999 }]);
  expect(await pass()).toMatchObject({ outcome: 'pending' });
  expect(await pass()).toMatchObject({ outcome: 'pending' });

  const [first = [], second = []] = findings;
  expect(first.map(({ kind }) => kind)).toEqual(['in_sync', 'drifted']);
  // The same objects, not equal ones: an equal finding would have been made by normalizing and comparing again.
  for (const [index, finding] of first.entries()) expect(second[index]).toBe(finding);
  expect(fieldsOf(second[0])).toHaveLength(3);
  for (const [index, fields] of fieldsOf(first[0]).entries()) expect(fieldsOf(second[0])[index]).toBe(fields);
});

test('compares again only the service whose file changed', async () => {
  const findings: (readonly Finding[])[] = [];
  const { write, pass } = await openFixture({
    services: [web, db],
    mode: 'detect',
    onPlan: (made) => void findings.push(made.findings),
  });
  write('web.yaml', [web]);
  write('db.yaml', [db]);
  await pass();
  write('db.yaml', [{ ...db, http_port: 9999 }]);
  await pass();

  const [first = [], second = []] = findings;
  expect(second[0]).toBe(first[0]);
  expect(second[1]).toMatchObject({ kind: 'drifted' });
});
