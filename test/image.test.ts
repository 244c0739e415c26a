import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from './cli/command.ts';
import { ran, root } from './e2e/program.ts';

/** The instructions, each on one line, as the builder puts them together. */
const instructions = readFileSync(join(root, 'Dockerfile'), 'utf8')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll('\\\n', '')
  .split('\n')
  .filter(Boolean);

/** What stands behind an instruction of the image itself, not of the stage that builds. */
function told(instruction: string): string[] {
  const last = instructions.findLastIndex((line) => line.startsWith('FROM '));
  const own = instructions.slice(last).filter((line) => line.startsWith(`${instruction} `));
  return own.map((line) => line.slice(instruction.length + 1));
}

const entrypoint: readonly string[] = JSON.parse(told('ENTRYPOINT')[0] ?? '[]');

/** What the image asks itself, with this Node, in a container whose first process was started by this command. */
async function healthcheck(
  environment: Readonly<Record<string, string>>,
  command: readonly string[] = ['run', '--services', '/services'],
): Promise<number | null> {
  const first = join(temporaryFolder(), 'cmdline');
  writeFileSync(first, ['node', '/app/vpc-reconciler.cjs', ...command, ''].join('\0'));
  const [node, ...options]: string[] = JSON.parse(/CMD (\[.*\])$/.exec(told('HEALTHCHECK')[0] ?? '')?.[1] ?? '[]');
  expect(node).toBe('node');
  const inside = options.map((option) => option.replace('/proc/1/cmdline', first));
  expect(inside).not.toEqual(options);
  const { code, stdout, stderr } = await ran(inside, {
    command: [process.execPath],
    environment: { VPC_RECONCILER_HTTP_LISTEN: undefined, ...environment },
  });
  expect(stdout + stderr).toBe('');
  return code;
}

function fileOf(text: string): string {
  const path = join(temporaryFolder(), 'config.yaml');
  writeFileSync(path, text);
  return path;
}

async function listening(answer: RequestListener, host = '127.0.0.1'): Promise<number> {
  const server = createServer(answer).listen(0, host);
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/** Answers this to who asks for the health, and 404 to anybody else. */
const answering =
  (status: number): RequestListener =>
  ({ url }, response) => {
    response.writeHead(url === '/healthz' ? status : 404).end();
  };

test.for([
  [200, 0],
  [503, 1],
  [404, 1],
] as const)('the image takes %i for exit code %i', async ([status, code]) => {
  const port = await listening(answering(status));
  expect(await healthcheck({ VPC_RECONCILER_HTTP_LISTEN: `127.0.0.1:${port}` })).toBe(code);
});

test.for([':', '0.0.0.0:', 'localhost:', ' 127.0.0.1:'])(
  'the image asks itself where it listens on %s',
  async (host) => {
    const port = await listening(answering(200));
    expect(await healthcheck({ VPC_RECONCILER_HTTP_LISTEN: `${host}${port}` })).toBe(0);
  },
);

test.for<{ said: string; by: (address: string) => { environment?: Record<string, string>; command?: string[] } }>([
  { said: 'a flag', by: (address) => ({ command: ['run', '--http-listen', address] }) },
  { said: 'a flag in one word', by: (address) => ({ command: ['run', `--http-listen=${address}`] }) },
  {
    said: 'the last of several flags, before the environment and the file',
    by: (address) => ({
      environment: { VPC_RECONCILER_HTTP_LISTEN: '127.0.0.1:1' },
      command: ['run', '--http-listen=:1', '--config', fileOf('http_listen: 127.0.0.1:1'), '--http-listen', address],
    }),
  },
  {
    said: 'the environment, before the file',
    by: (address) => ({
      environment: { VPC_RECONCILER_HTTP_LISTEN: address },
      command: ['run', '--config', fileOf('http_listen: 127.0.0.1:1')],
    }),
  },
  {
    said: 'a file',
    by: (address) => ({
      command: ['run', '--config', fileOf(`# http_listen: :1\ninterval: 1m\nhttp_listen: ${address} # here\n`)],
    }),
  },
  {
    said: 'a file that the environment names, with quotes',
    by: (address) => ({ environment: { VPC_RECONCILER_CONFIG: fileOf(`'http_listen' : '${address}'`) } }),
  },
  {
    said: 'a file in JSON',
    by: (address) => ({
      command: ['run', `--config=${fileOf(JSON.stringify({ http_listen: address, rescan: '1m' }))}`],
    }),
  },
])('the image knows where it listens by $said', async ({ by }) => {
  const port = await listening(answering(200));
  const { environment = {}, command } = by(`127.0.0.1:${port}`);
  expect(await healthcheck(environment, command)).toBe(0);
  const gone = by(`127.0.0.1:${await listening(answering(503))}`);
  expect(await healthcheck(gone.environment ?? {}, gone.command)).toBe(1);
});

test('the image is healthy where a flag or a file tells it not to listen', async () => {
  expect(await healthcheck({}, ['run', '--http-listen', 'none'])).toBe(0);
  expect(await healthcheck({}, ['run', '--config', fileOf('http_listen: ""\n')])).toBe(0);
});

test('the image is unhealthy where nobody listens', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  const port = typeof address === 'object' ? address?.port : 0;
  expect(await healthcheck({ VPC_RECONCILER_HTTP_LISTEN: `127.0.0.1:${port}` })).toBe(1);
});

test('the image is unhealthy where nobody answers, within the time that its builder gives', async () => {
  const port = await listening(() => {});
  const started = performance.now();
  expect(await healthcheck({ VPC_RECONCILER_HTTP_LISTEN: `127.0.0.1:${port}` })).toBe(1);
  const seconds = Number(/--timeout=(\d+)s/.exec(told('HEALTHCHECK')[0] ?? '')?.[1]);
  expect(performance.now() - started).toBeLessThan(seconds * 1000);
});

test.for(['', 'none'])('the image is healthy where it is told not to listen: "%s"', async (listen) => {
  expect(await healthcheck({ VPC_RECONCILER_HTTP_LISTEN: listen })).toBe(0);
});

test('the image and the manifests agree on user and port, and the port is the default one', () => {
  const deployment = readFileSync(join(root, 'config/kubernetes/base/deployment.yaml'), 'utf8');
  const [user, group] = told('USER')[0]?.split(':') ?? [];
  expect(deployment).toContain(`runAsUser: ${user}\n            runAsGroup: ${group}\n`);
  expect(deployment).toContain(`containerPort: ${told('EXPOSE')[0]}\n`);
  expect(told('HEALTHCHECK')[0]).toContain(`?? '127.0.0.1:${told('EXPOSE')[0]}'`);
});

test('the image runs no shell, nobody as root, and one file that was built', () => {
  expect(entrypoint.filter((word) => !word.startsWith('--'))).toEqual(['node', '/app/vpc-reconciler.cjs']);
  expect(JSON.parse(told('CMD')[0] ?? '')).toEqual(['run', '--services', '/services']);
  expect(told('USER')).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
  expect(told('COPY')).toEqual(['--from=build /app /app']);
});

test('the image starts with what was compiled for it, by the same user, at the same path, with the same flags', () => {
  const compiled = instructions.find((line) => line.includes('NODE_COMPILE_CACHE=/app/compiled '));
  expect(compiled).toContain(`${entrypoint.join(' ')} run --once`);
  expect(told('ENV').join(' ')).toContain('NODE_COMPILE_CACHE=/app/compiled');
  expect(instructions.filter((line) => line.startsWith('USER '))).toEqual(Array(2).fill(`USER ${told('USER')[0]}`));
});

test('all that is copied into the build is let through, and nothing else', () => {
  const ignore = readFileSync(join(root, '.dockerignore'), 'utf8').trim().split('\n');
  const through = ignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  const copied = instructions
    .filter((line) => /^COPY (?!--from)/.test(line))
    .flatMap((line) => line.split(' ').slice(1, -1));
  expect(ignore[0]).toBe('*');
  expect(through.sort()).toEqual(copied.sort());
  expect(through.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
