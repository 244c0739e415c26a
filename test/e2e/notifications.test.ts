import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { accountAt, emulated, folderOf, temporaryFolder, web } from '../cli/command.ts';
import { served } from '../cloudflare/server.ts';
import type { Served } from '../cloudflare/server.ts';
import { git } from '../source/git.ts';
import { ran, start } from './program.ts';

const event = 'reconciliation_report';
const secret = `whsec_${randomBytes(24).toString('base64')}`;
const drifted = { ...web(), http_port: 81 };

/** Writes a configuration file with a webhook, a chat and a commit status, all of which one server receives. */
function configOf({ url }: Served): string {
  const folder = temporaryFolder();
  const { origin } = new URL(url);
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content);
  write('hook', secret);
  write('slack', `${origin}/slack/T0-secret-path\n`);
  write('token', 'ghp_secret-0123456789');
  write(
    'config.yaml',
    `interval: 1h
public_url: https://vpc.example.com
source_url: https://git.example.com/{revision}/{file}#L{line}
notifications:
  oncall: { type: webhook, url: "${origin}/hook", secret_file: hook }
  team: { type: slack, url_file: slack }
  commit: { type: github, repository: org/network, token_file: token, base_url: "${origin}" }
`,
  );
  return join(folder, 'config.yaml');
}

/** Commits what is in a folder, and returns the commit. */
function commit(folder: string): string {
  git(folder, 'init', '-q');
  git(folder, 'add', '.');
  git(folder, 'commit', '-q', '-m', 'web');
  return git(folder, 'rev-parse', 'HEAD');
}

const bodiesAt = ({ seen }: Served, path: string) =>
  seen.filter(({ url }) => url.startsWith(path)).map(({ body }) => JSON.parse(body));

describe('run', () => {
  test('sends messages and commit statuses, also while it stops, and shows no secret', async () => {
    const server = await served((_, response) => response.end('ok'));
    const { url } = await emulated({ services: [drifted] });
    const services = folderOf({ 'web.yaml': web() });
    const revision = commit(services);
    const line = ['run', '--config', configOf(server), '--services', services];
    const program = start(line, { environment: accountAt(url) });
    await program.logged({ event, outcome: 'converged' });
    program.send('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
    expect(bodiesAt(server, '/hook')).toMatchObject([
      {
        type: 'vpc-reconciler.corrected',
        data: {
          open: 0,
          source: { revision },
          services: [
            {
              name: web().name,
              result: 'updated',
              source_url: `https://git.example.com/${revision}/web.yaml#L1`,
            },
          ],
        },
      },
    ]);
    expect(bodiesAt(server, '/slack')).toMatchObject([{ text: expect.stringMatching(/^\*Corrected\* .*`81` → /s) }]);
    const statuses = bodiesAt(server, `/repos/org/network/statuses/${revision}`);
    expect(statuses.map(({ state }) => state)).toEqual(['pending', 'success']);
    const output = program.stdout() + program.stderr();
    for (const hidden of [secret, 'T0-secret-path', 'ghp_secret']) expect(output).not.toContain(hidden);
  });

  test('is not delayed by a receiver that hangs, and stops within grace_period', async () => {
    const server = await served(() => {});
    const { url } = await emulated({ services: [drifted] });
    const line = ['run', '--config', configOf(server), '--services', folderOf({ 'web.yaml': web() })];
    const program = start([...line, '--grace-period', '500ms'], { environment: accountAt(url) });
    await program.logged({ event, outcome: 'converged' });
    await vi.waitFor(() => expect(server.seen.length).toBeGreaterThanOrEqual(2));
    const requested = performance.now();
    program.send('SIGHUP');
    const { duration_ms } = await program.logged({ event, outcome: 'in_sync' });
    expect(performance.now() - requested).toBeLessThan(5000);
    expect(duration_ms).toBeLessThan(2000);
    const stopped = performance.now();
    program.send('SIGTERM');
    await program.logged({ event: 'notification_lost', receiver: 'oncall', count: 1 });
    expect(await program.ended).toMatchObject({ code: 0 });
    expect(performance.now() - stopped).toBeLessThan(8000);
  });

  test('sets the status of exactly the commit that a pass read, through changes, an outage and a stop', async () => {
    const server = await served((_, response) => response.end('ok'));
    const emulator = await emulated({ services: [drifted], latencyMs: 700 });
    const services = folderOf({ 'web.yaml': web() });
    const change = (http_port: number) => {
      writeFileSync(join(services, 'web.yaml'), JSON.stringify(web({ http_port })));
      return commit(services);
    };
    const line = ['run', '--config', configOf(server), '--services', services, '--grace-period', '300ms'];
    const names = new Map([[commit(services), 'first']]);
    const statuses = () =>
      server.seen
        .filter(({ url }) => url.startsWith('/repos/'))
        .map(({ url, body }) => `${names.get(url.split('/').at(-1) ?? '')} ${JSON.parse(body).state}`);
    const until = async (last: string) =>
      vi.waitFor(() => expect(statuses().at(-1)).toBe(last), { timeout: 60_000, interval: 20 });
    const program = start(line, { environment: accountAt(emulator.url) });
    await until('first pending');
    // The folder changes while the pass lists the account.
    names.set(change(82), 'second');
    await until('second success');
    expect(statuses().slice(-2)).toEqual(['second pending', 'second success']);
    const [, ofFirst = ''] = statuses();
    expect(['first success', 'first failure']).toContain(ofFirst);
    const count = statuses().length;
    // A later check for drift of the same commit fails, and recovers.
    await emulator.close();
    program.send('SIGHUP');
    await until('second failure');
    const again = await emulated({
      services: [web({ http_port: 82 })],
      port: Number(new URL(emulator.url).port),
      latencyMs: 2000,
    });
    await until('second success');
    expect(statuses().slice(count)).toEqual(['second failure', 'second success']);
    names.set(change(83), 'third');
    await until('third pending');
    program.send('SIGTERM');
    await program.ended;
    expect(statuses().slice(count + 2)).toEqual(['third pending', 'third failure']);
    expect(again.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
    // The next process decides.
    const next = start(line, { environment: accountAt(emulator.url) });
    await until('third success');
    next.send('SIGTERM');
    await next.ended;
    expect(statuses().slice(count + 4)).toEqual(['third pending', 'third success']);
    expect(statuses()).not.toContain('undefined pending');
  });

  test('reports a secret that cannot be read at the start', async () => {
    const config = configOf(await served(() => {}));
    writeFileSync(join(config, '../hook'), 'hunter2hunter2hunter2');
    const { code, stderr } = await ran(['run', '--config', config], { environment: accountAt('http://127.0.0.1:1') });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'vpc-reconciler: notifications.oncall.secret_file: expected whsec_ and the Base64 of 24 to 64 random bytes, found a different value\n',
    });
  });
});

describe('notify', () => {
  test('sends a sample, and says whether it was accepted', async () => {
    const server = await served(({ url }, response) =>
      response.writeHead(url.startsWith('/slack') ? 404 : 200).end('no_service'),
    );
    const config = configOf(server);
    const services = folderOf({ 'web.yaml': web() });
    const line = (name: string) => ['notify', name, '--config', config, '--services', services];
    expect(await ran(line('oncall'))).toMatchObject({
      code: 0,
      stderr: 'vpc-reconciler: oncall: the receiver accepted the sample\n',
    });
    expect(bodiesAt(server, '/hook')).toMatchObject([{ data: { sample: true, account_id: 'account' } }]);
    expect(await ran(line('team'))).toMatchObject({
      code: 1,
      stderr: 'vpc-reconciler: team: the receiver answered 404: no_service\n',
    });
    expect(await ran(line('commit'))).toMatchObject({
      code: 1,
      stderr: `vpc-reconciler: commit: expected a commit in "${services}", found no git checkout\n`,
    });
    commit(services);
    expect(await ran(line('commit'))).toMatchObject({ code: 0 });
    expect(bodiesAt(server, '/repos')).toMatchObject([{ state: 'success', context: 'vpc-reconciler (sample)' }]);
    expect(await ran(line('onkall'))).toMatchObject({
      code: 1,
      stderr: 'vpc-reconciler: notify: expected oncall or team or commit, found "onkall"; did you mean "oncall"?\n',
    });
  });
});
