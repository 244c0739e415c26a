import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accountAt, command, database, emulated, folderOf, web } from '../command.ts';

/** Plans a change that deletes the declaration of the database. */
async function planned(...flags: readonly string[]) {
  const { url } = await emulated({ services: [web(), database()] });
  const [base, head] = [folderOf({ 'web.yaml': web(), 'db.yaml': database() }), folderOf({ 'web.yaml': web() })];
  const ended = await command(['plan', '--services', head, '--base', base, ...flags], { environment: accountAt(url) });
  return { base, ...ended };
}

test('the comment for a pull request names the services that the change stops managing', async () => {
  const { code, stdout, base } = await planned('--output', 'markdown');
  expect(code).toBe(0);
  expect(stdout).toContain(
    `**This change stops managing, and leaves alone**\n\n- \`db\` \`0191e3a4-5b6c-7d8e-9f00-112233445577\` · \`${join(base, 'db.yaml')}\`\n`,
  );
  expect(stdout).not.toContain('Live but not declared');
});

test('so does the text, and JSON', async () => {
  const { stdout, base } = await planned();
  expect(stdout).toMatch(/^· \S+ {2}\S+ {2}\S+db\.yaml {2}no longer declared; left alone$/m);
  expect(stdout).toContain(join(base, 'db.yaml'));
  const { stdout: json } = await planned('--output', 'json');
  expect(JSON.parse(json)).toMatchObject({
    outcome: 'in_sync',
    services: [{ finding: 'unmanaged', cause: 'declaration' }],
  });
});

test('without the folder before the change, such a service is only unmanaged', async () => {
  const { url } = await emulated({ services: [web(), database()] });
  const head = folderOf({ 'web.yaml': web() });
  const line = ['plan', '--services', head, '--output', 'markdown'];
  const { stdout } = await command(line, { environment: accountAt(url) });
  expect(stdout).toContain('**Live but not declared**');
  expect(stdout).not.toContain('stops managing');
});

test('an empty folder before the change declares nothing, and a missing one is an error', async () => {
  const { url, requests } = await emulated({ services: [web()] });
  const [base, head] = [folderOf({}), folderOf({ 'web.yaml': web() })];
  const line = ['plan', '--services', head, '--base', base];
  expect(await command(line, { environment: accountAt(url) })).toMatchObject({ code: 0 });
  rmSync(base, { recursive: true });
  const before = requests.length;
  expect(await command(line, { environment: accountAt(url) })).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(`--base: ${base}: expected a folder of declarations, found nothing there`),
  });
  expect(requests).toHaveLength(before);
});
