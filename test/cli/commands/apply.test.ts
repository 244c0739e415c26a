import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { stopReason } from '../../../src/cli/program.ts';
import { accountAt, command, database, emulated, folderOf, web } from '../command.ts';

const QUESTION = 'Apply these 2 changes to the account 0123456789abcdef0123456789abcdef? [y/N] ';

/** An account with two drifted services, and a function that runs `apply` on a terminal where a person types this. */
async function drifted() {
  const emulator = await emulated({ services: [web({ http_port: 81 }), database({ tcp_port: 1 })] });
  const services = folderOf({ 'web.yaml': web(), 'db.yaml': database() });
  const puts = () => emulator.requests.filter(({ method }) => method === 'PUT').length;
  const line = ['apply', '--services', services, '--color', 'never'];
  const environment = accountAt(emulator.url);
  return {
    emulator,
    puts,
    line,
    environment,
    answer: async (input: string, ...flags: readonly string[]) =>
      command([...line, ...flags], { environment, columns: 120, input }),
  };
}

describe('on a terminal, apply', () => {
  test.for(['y\n', 'yes\n', ' Yes \n'])('shows the plan, asks, and applies it after %j', async (input) => {
    const { answer, puts } = await drifted();
    const { code, stdout, stderr } = await answer(input);
    expect({ code, stderr }).toEqual({ code: 0, stderr: QUESTION });
    expect(stdout).toMatch(/^pending: 2 to update [^]*^converged: 2 updated /m);
    expect(puts()).toBe(2);
  });

  test.for(['n\n', '\n', 'yep\n', ''])('writes nothing after %j', async (input) => {
    const { answer, puts } = await drifted();
    const { code, stderr } = await answer(input);
    expect(code).toBe(1);
    expect(stderr).toBe(`${QUESTION}${input === '' ? '\n' : ''}vpc-reconciler: nothing was written\n`);
    expect(puts()).toBe(0);
  });

  test('applies nothing else than it has shown', async () => {
    const { emulator, environment, line, puts } = await drifted();
    const { code, stdout } = await command(line, {
      environment,
      columns: 120,
      input: 'y\n',
      onOutput: (text) => {
        if (text === QUESTION)
          emulator.change('0191e3a4-5b6c-7d8e-9f00-112233445566', (service) => ({ ...service, http_port: 7 }));
      },
    });
    expect(code).toBe(1);
    expect(stdout).toContain('the plan is stale: "web" changed live: http_port was 81, is now 7');
    expect(puts()).toBe(0);
  });

  test('keeps stdout clean for programs', async () => {
    const { answer } = await drifted();
    const { stdout, stderr } = await answer('y\n', '--output', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ mode: 'apply', counts: { updated: 2 } });
    expect(stderr).toMatch(/^pending: 2 to update [^]* \[y\/N\] $/m);
  });

  test.for(['--yes', '-y'])('does not ask with %s', async (flag) => {
    const { answer, puts } = await drifted();
    expect(await answer('', flag)).toMatchObject({ code: 0, stderr: '' });
    expect(puts()).toBe(2);
  });

  test('does not ask if there is nothing to write', async () => {
    const { answer, puts } = await drifted();
    expect(await answer('', '--mode', 'detect')).toMatchObject({ code: 2 });
    expect(await answer('', '--max-changes', '0')).toMatchObject({ code: 1, stderr: '' });
    expect(await answer('', '--services', '/nowhere')).toMatchObject({ code: 1, stderr: '' });
    expect(puts()).toBe(0);
  });

  test('does not ask about the emulator', async () => {
    expect(await command(['apply', '--emulator', '--policy', 'sync'], { columns: 120, input: '' })).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  test('ends when it is stopped at the question', async () => {
    const { environment, line, puts } = await drifted();
    const controller = new AbortController();
    const ended = command(line, {
      environment,
      columns: 120,
      input: new Uint8Array(),
      stop: controller.signal,
      onOutput: (text) => {
        if (text === QUESTION) controller.abort(stopReason('SIGINT'));
      },
    });
    expect(await ended).toMatchObject({ code: 1, stderr: `${QUESTION}\nvpc-reconciler: received SIGINT\n` });
    await sleep(0);
    expect(puts()).toBe(0);
  });
});

test('never asks in a pipe', async () => {
  const { environment, line, puts } = await drifted();
  expect(await command(line, { environment, input: 'n\n' })).toMatchObject({ code: 0, stderr: '' });
  expect(puts()).toBe(2);
});
