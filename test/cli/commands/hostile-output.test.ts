import { expect, onTestFinished, test } from 'vitest';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { command, emulated, folderOf, accountAt, web } from '../command.ts';

const HOSTILE = 'a\u202eb ##[error]c';
const RAW = /\u202e|##\[/;

test('prints no command of GitHub Actions and no direction marks that a file contains', async () => {
  const folder = folderOf({ '::error file=x::.yaml': 'name: 1', 'b.yaml': web({ name: HOSTILE, wrong: true }) });
  for (const output of ['text', 'json', 'gitlab']) {
    const { stdout, stderr } = await command(['validate', '--services', folder, '--output', output]);
    expect(stdout + stderr).not.toMatch(RAW);
    expect(stdout + stderr).not.toMatch(/^\s*::/m);
  }
});

test('prints none that a name in the account contains', async () => {
  const { url } = await emulated({ services: [web({ name: HOSTILE })] });
  const folder = folderOf({ 'web.yaml': web() });
  for (const output of ['text', 'json', 'markdown']) {
    const { stdout } = await command(['plan', '--services', folder, '--output', output], {
      environment: accountAt(url),
    });
    expect(stdout).toContain('error');
    expect(stdout).not.toMatch(RAW);
    if (output === 'json') expect(JSON.stringify(JSON.parse(stdout))).toContain(HOSTILE);
  }
});

test.for([
  ['import', '--only', HOSTILE],
  ['plan', '--show-unmanaged'],
  ['plan', '--out', '-'],
  ['accept', '--all'],
  ['accept', '--all', '--dry-run'],
])('prints none with the command %s %s %s', async (line) => {
  const { url } = await emulated({ services: [web({ name: HOSTILE })] });
  const folder = folderOf({
    'other.yaml': web({ service_id: '0191e3a4-5b6c-7d8e-9f00-000000000099', name: 'other' }),
    ...(line[0] === 'accept' ? { 'a-error.yaml': web() } : {}),
  });
  const { stdout, stderr } = await command([...line, '--services', folder], { environment: accountAt(url) });
  expect(stdout + stderr).toContain('error');
  expect(stdout + stderr).not.toMatch(RAW);
});

/** A server that answers as no daemon does. */
async function serverWith(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => void server.once('listening', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

const environment = { VPC_RECONCILER_RECONCILE_TOKEN: 'correct-horse-battery-staple' };

test('prints none that another server than the daemon returns, and no control characters', async () => {
  const reason = `${HOSTILE}\n::error::x\u001B[31m`;
  const url = await serverWith((_, response) => response.end(JSON.stringify({ paused: { until: reason, reason } })));
  const { code, stdout, stderr } = await command(['pause', '--url', url], { environment });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).not.toMatch(RAW);
  expect(stdout).not.toMatch(/^::/m);
  expect(stdout).not.toContain('\u001B');
});

test('reads no endless answer of another server than the daemon', async () => {
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  let sent = 0;
  const url = await serverWith((_, response) => {
    const send = () => {
      sent += 1;
      if (!response.destroyed) response.write(chunk, () => send());
    };
    send();
  });
  const { code, stderr } = await command(['pause', '--url', url], { environment });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('/api/pause: ') });
  expect(sent).toBeLessThan(100);
});
