import { expect, test } from 'vitest';
import { accountAt, emulated, folderOf, web } from '../cli/command.ts';
import { ran } from './program.ts';
import { hasScript, startOnTerminal } from './terminal.ts';

const many = Array.from({ length: 40 }, (_, number) =>
  web({ service_id: `0199a0c4-2b10-7c3e-8a51-${String(number).padStart(12, '0')}`, name: `web-${number}` }),
);

async function slowly() {
  const emulator = await emulated({ services: many.map((each) => ({ ...each, http_port: 1 })), latencyMs: 200 });
  const services = folderOf(Object.fromEntries(many.map((each, number) => [`${number}.json`, each])));
  return {
    environment: accountAt(emulator.url),
    line: ['apply', '--yes', '--services', services, '--concurrency', '2'],
  };
}

async function onTerminal(columns: number, { environment, line }: Awaited<ReturnType<typeof slowly>>, term = 'xterm') {
  return startOnTerminal(line, { columns, environment: { ...environment, TERM: term } }).program.ended;
}

test.runIf(hasScript)('shows the progress of a long apply on a terminal, and removes it at the end', async () => {
  const { stdout } = await onTerminal(100, await slowly());
  expect(stdout).toMatch(/\d+ of 40 updates, \d+ per second, \d+s left/);
  expect(stdout).toMatch(/32mconverged.*: 40 updated/);
});

test.runIf(hasScript)('shows only the result on a terminal of unknown width', async () => {
  const { stdout } = await onTerminal(0, await slowly());
  expect(stdout).not.toContain('of 40 updates');
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/40 updated/);
});

test.runIf(hasScript).for(['apply', 'run'])(
  '%s uses neither colors nor a line that is redrawn where TERM is dumb',
  async (name) => {
    const { environment, line } = await slowly();
    const flags = name === 'apply' ? line.slice(1) : ['--once', ...line.slice(2)];
    const { code, stdout } = await onTerminal(100, { environment, line: [name, ...flags] }, 'dumb');
    expect(code).toBe(0);
    expect(stdout).toContain('40 updated');
    expect(stdout).not.toContain('\u{1b}');
    expect(stdout).not.toContain('of 40 updates');
  },
);

test.for(['always', 'never'])('run --color %s decides whether the log is colored', async (color) => {
  const emulator = await emulated({ services: [web()] });
  const services = folderOf({ 'web.json': web() });
  const line = ['run', '--once', '--services', services, '--log-format', 'pretty', '--color', color];
  const { stdout } = await ran(line, { environment: accountAt(emulator.url) });
  expect(stdout.includes('\u{1b}[')).toBe(color === 'always');
});

test.runIf(hasScript)('asks before it writes, and writes nothing when the input ends', async () => {
  const { environment, line } = await slowly();
  const withoutYes = { environment, line: line.filter((part) => part !== '--yes') };
  const { code, stdout } = await onTerminal(100, withoutYes);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /40 to update[^]*Apply these 40 changes to the account \w+\? \[y\/N\]\s+vpc-reconciler: nothing was written/,
  );
});

test.runIf(hasScript)('wraps the log of run on a narrow terminal', async () => {
  const emulator = await emulated({ services: [web({ http_port: 1 })] });
  const services = folderOf({ 'web.json': web() });
  const environment = { ...accountAt(emulator.url), NO_COLOR: '1' };
  const line = ['run', '--once', '--services', services];
  const rows = (await onTerminal(60, { environment, line })).stdout.replaceAll('\r', '').trimEnd().split('\n');
  const id = '0191e3a4-5b6c-7d8e-9f00-112233445566';
  for (const row of rows.filter((each) => !each.includes(services))) expect(row.length).toBeLessThanOrEqual(60);
  expect(rows).toContain(`~ web  ${id}`);
  expect(rows.find((row) => row.includes('http://'))).toMatch(/^ {4}\S/);
  // Lines in a pipe are not wrapped, so that they can be searched.
  emulator.change(id, (service) => ({ ...service, http_port: 1 }));
  const { stdout } = await ran([...line, '--log-format', 'pretty'], { environment });
  expect(stdout).toMatch(new RegExp(`^~ web  ${id}  \\S+$`, 'm'));
  expect(stdout).toMatch(/vpc-reconciler \S+: reconciling \S+ with http:/);
});

test('shows no progress without a terminal', async () => {
  const { environment, line } = await slowly();
  expect(await ran(line, { environment })).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.not.stringContaining('of 40'),
  });
});
