import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { http, id, tcp } from '../core/builders.ts';
import { openFixture } from './pass-fixture.ts';

test('a service whose file is deleted is reported once as no longer declared, and left alone', async () => {
  const { folder, write, pass, putCount } = await openFixture({ services: [tcp, http] });
  write('db.json', JSON.stringify(tcp));
  write('web.json', JSON.stringify(http));
  expect(await pass()).toMatchObject({ outcome: 'in_sync', services: [] });
  rmSync(join(folder, 'db.json'));
  expect(await pass()).toMatchObject({
    outcome: 'in_sync',
    services: [
      { service_id: id(1), finding: 'unmanaged', cause: 'declaration', file: join(folder, 'db.json'), line: null },
    ],
  });
  expect(await pass()).toMatchObject({
    services: [{ service_id: id(1), finding: 'unmanaged', cause: null, file: null }],
  });
  expect(putCount()).toBe(0);
});

test('a folder that cannot be read for a while is no disappearance', async () => {
  const { folder, write, pass } = await openFixture({ services: [tcp, http] });
  write('db.json', JSON.stringify(tcp));
  write('web.json', JSON.stringify(http));
  await pass();
  rmSync(join(folder, 'db.json'));
  rmSync(join(folder, 'web.json'));
  expect(await pass()).toMatchObject({ outcome: 'failed', services: [] });
  write('web.json', JSON.stringify(http));
  writeFileSync(join(folder, 'db.json'), 'text');
  expect(await pass()).toMatchObject({ services: [{ finding: 'invalid' }, { finding: 'unmanaged', cause: null }] });
  write('db.json', JSON.stringify(tcp));
  expect(await pass()).toMatchObject({ outcome: 'in_sync', services: [] });
});
