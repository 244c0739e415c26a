import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { accountAt, database, emulated, folderOf, web } from '../cli/command.ts';
import { inShell, start } from './program.ts';
import { servedBy } from './serving.ts';

const event = 'reconciliation_report';

test.for([200, 100, 64])('passes work with %i open files while 400 clients hold connections', async (limit) => {
  const emulator = await emulated({ services: [web(), database()] });
  const program = start(
    ['run', '--services', folderOf({ 'web.yaml': web(), 'db.yaml': database() }), '--interval', '0'],
    {
      environment: accountAt(emulator.url),
      command: inShell(`ulimit -n ${limit}; exec "$@"`),
    },
  );
  const { url } = await servedBy(program);
  await program.logged({ event, trigger: 'startup', outcome: 'in_sync' });
  for (let count = 0; count < 400; count += 1) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
  }
  for (const { service_id: id } of emulator.services()) {
    if (typeof id !== 'string') throw new Error('expected an id');
    emulator.change(id, (service) => ({ ...service, name: 'by hand' }));
    program.send('SIGHUP');
    await program.logged({ event, trigger: 'signal', outcome: 'converged' });
  }
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});
