import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { accountAt, emulated, folderOf, temporaryFolder, web } from '../cli/command.ts';
import { mounted, noFuse } from '../source/fuse.ts';
import { start } from './program.ts';
import { servedBy } from './serving.ts';

const notResponding = 'expected a file that holds the token, found that its file system has not responded within 2s';

/** Returns a mounted folder with a file of each kind that the program reads. */
async function mountedFiles() {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'token'), 'first-token-0123456789');
  writeFileSync(join(folder, 'config.yaml'), 'interval: 1h\n');
  writeFileSync(join(folder, 'ca.pem'), '');
  writeFileSync(join(folder, 'plan.json'), '{}');
  mkdirSync(join(folder, 'services'));
  writeFileSync(join(folder, 'services', 'web.yaml'), JSON.stringify(web()));
  const mount = await mounted(folder);
  return { ...mount, folder, at: (name: string) => join(mount.path, name) };
}

describe.skipIf(noFuse !== null)(`on a file system that hangs${noFuse === null ? '' : ` (skipped: ${noFuse})`}`, () => {
  test('token files do not freeze a daemon, which uses the last token and reads it again afterwards', async () => {
    const emulator = await emulated({ services: [web()] });
    const files = await mountedFiles();
    writeFileSync(join(files.folder, 'token'), emulator.token);
    const { CLOUDFLARE_API_TOKEN: _, ...account } = accountAt(emulator.url);
    const program = start(
      ['run', '--services', folderOf({ 'web.yaml': web() }), '--reconcile-token-file', files.at('token')],
      { environment: { ...account, CLOUDFLARE_API_TOKEN_FILE: files.at('token') } },
    );
    const served = await servedBy(program);
    await program.logged({ event: 'reconciliation_report', outcome: 'in_sync' });
    files.hang();
    expect((await program.logged({ event: 'credential_missing' })).msg).toContain(notResponding);
    const begun = performance.now();
    await served.get('/healthz');
    expect(performance.now() - begun).toBeLessThan(1000);
    program.send('SIGHUP');
    await program.logged({ event: 'reconciliation_report', trigger: 'signal', outcome: 'in_sync' });
    files.resume();
    await program.logged({ event: 'credential_restored' });
    files.hang();
    await sleep(1500);
    program.send('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test.each([
    ['the settings', (at: (name: string) => string) => ['run', '--config', at('config.yaml')]],
    ['the certificates', (at: (name: string) => string) => ['run', '--ca-file', at('ca.pem')]],
    ['the token of requests', (at: (name: string) => string) => ['run', '--reconcile-token-file', at('token')]],
    ['a saved plan', (at: (name: string) => string) => ['apply', at('plan.json')]],
    ['declarations to check', (at: (name: string) => string) => ['validate', at('services/web.yaml')]],
    ['the folder of an import', (at: (name: string) => string) => ['import', '--services', at('services')]],
    [
      'the folder of an emulator',
      (at: (name: string) => string) => ['run', '--emulator', '--services', at('services')],
    ],
    ['a scenario', (at: (name: string) => string) => ['emulate', '--scenario', at('plan.json')]],
  ])('a start that reads %s says what it waits for, and ends on SIGTERM', async (_, lineOf) => {
    const files = await mountedFiles();
    files.hang();
    const program = start(lineOf(files.at), { environment: accountAt('http://127.0.0.1:1') });
    await program.stderrMatches(/: its file system does not respond\n/);
    expect(program.stderr()).toContain(`vpc-reconciler: waiting for "${files.path}`);
    program.send('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('received SIGTERM') });
  });
});
