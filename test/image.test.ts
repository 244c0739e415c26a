import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from './cli/command.ts';
import { ran, root } from './e2e/program.ts';

/** The instructions of the Dockerfile, each on one line. */
const instructions = readFileSync(join(root, 'Dockerfile'), 'utf8')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll('\\\n', '')
  .split('\n')
  .filter(Boolean);

/** Returns the arguments of an instruction in the final stage. */
function argumentsOf(instruction: string): string[] {
  const last = instructions.findLastIndex((line) => line.startsWith('FROM '));
  const own = instructions.slice(last).filter((line) => line.startsWith(`${instruction} `));
  return own.map((line) => line.slice(instruction.length + 1));
}

const entrypoint: readonly string[] = JSON.parse(argumentsOf('ENTRYPOINT')[0] ?? '[]');

/** Runs the health check of the image with this Node, as if `command` had started the first process. Returns the exit code. */
async function healthcheck(
  environment: Readonly<Record<string, string>>,
  command: readonly string[] = ['run', '--services', '/services'],
): Promise<number | null> {
  const first = join(temporaryFolder(), 'cmdline');
  writeFileSync(first, ['node', '/app/vpc-reconciler.cjs', ...command, ''].join('\0'));
  const [node, ...options]: string[] = JSON.parse(
    /CMD (\[.*\])$/.exec(argumentsOf('HEALTHCHECK')[0] ?? '')?.[1] ?? '[]',
  );
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

function configFile(text: string): string {
  const path = join(temporaryFolder(), 'config.yaml');
  writeFileSync(path, text);
  return path;
}

async function listen(listener: RequestListener, host = '127.0.0.1'): Promise<number> {
  const server = createServer(listener).listen(0, host);
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/** Responds to `/healthz` with the status, and to other paths with 404. */
const respondWith =
  (status: number): RequestListener =>
  ({ url }, response) => {
    response.writeHead(url === '/healthz' ? status : 404).end();
  };

test.for([
  [200, 0],
  [503, 1],
  [404, 1],
] as const)('the health check turns status %i into exit code %i', async ([status, code]) => {
  const port = await listen(respondWith(status));
  expect(await healthcheck({ VPC_RECONCILER_HTTP_LISTEN: `127.0.0.1:${port}` })).toBe(code);
});

test.for([':', '0.0.0.0:', 'localhost:', ' 127.0.0.1:'])(
  'the health check finds the server that listens on %s',
  async (host) => {
    const port = await listen(respondWith(200));
    expect(await healthcheck({ VPC_RECONCILER_HTTP_LISTEN: `${host}${port}` })).toBe(0);
  },
);

test.for<{ source: string; by: (address: string) => { environment?: Record<string, string>; command?: string[] } }>([
  { source: 'a flag', by: (address) => ({ command: ['run', '--http-listen', address] }) },
  { source: 'a flag with an equals sign', by: (address) => ({ command: ['run', `--http-listen=${address}`] }) },
  {
    source: 'the last of several flags, which wins over the environment and the file',
    by: (address) => ({
      environment: { VPC_RECONCILER_HTTP_LISTEN: '127.0.0.1:1' },
      command: [
        'run',
        '--http-listen=:1',
        '--config',
        configFile('http_listen: 127.0.0.1:1'),
        '--http-listen',
        address,
      ],
    }),
  },
  {
    source: 'the environment, which wins over the file',
    by: (address) => ({
      environment: { VPC_RECONCILER_HTTP_LISTEN: address },
      command: ['run', '--config', configFile('http_listen: 127.0.0.1:1')],
    }),
  },
  {
    source: 'a file',
    by: (address) => ({
      command: ['run', '--config', configFile(`# http_listen: :1\ninterval: 1m\nhttp_listen: ${address} # here\n`)],
    }),
  },
  {
    source: 'a file that the environment names, with quotes',
    by: (address) => ({ environment: { VPC_RECONCILER_CONFIG: configFile(`'http_listen' : '${address}'`) } }),
  },
  {
    source: 'a JSON file',
    by: (address) => ({
      command: ['run', `--config=${configFile(JSON.stringify({ http_listen: address, rescan: '1m' }))}`],
    }),
  },
])('the health check finds the address in $source', async ({ by }) => {
  const port = await listen(respondWith(200));
  const { environment = {}, command } = by(`127.0.0.1:${port}`);
  expect(await healthcheck(environment, command)).toBe(0);
  const unhealthy = by(`127.0.0.1:${await listen(respondWith(503))}`);
  expect(await healthcheck(unhealthy.environment ?? {}, unhealthy.command)).toBe(1);
});

test('the health check succeeds when a flag or a file turns the server off', async () => {
  expect(await healthcheck({}, ['run', '--http-listen', 'none'])).toBe(0);
  expect(await healthcheck({}, ['run', '--config', configFile('http_listen: ""\n')])).toBe(0);
});

test('the health check fails when no server listens', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  const port = typeof address === 'object' ? address?.port : 0;
  expect(await healthcheck({ VPC_RECONCILER_HTTP_LISTEN: `127.0.0.1:${port}` })).toBe(1);
});

test('the health check fails within its timeout when the server does not respond', async () => {
  const port = await listen(() => {});
  const started = performance.now();
  expect(await healthcheck({ VPC_RECONCILER_HTTP_LISTEN: `127.0.0.1:${port}` })).toBe(1);
  const seconds = Number(/--timeout=(\d+)s/.exec(argumentsOf('HEALTHCHECK')[0] ?? '')?.[1]);
  expect(performance.now() - started).toBeLessThan(seconds * 1000);
});

test.for(['', 'none'])('the health check succeeds when the environment turns the server off: "%s"', async (address) => {
  expect(await healthcheck({ VPC_RECONCILER_HTTP_LISTEN: address })).toBe(0);
});

test('the image and the manifests use the same user and the default port', () => {
  const deployment = readFileSync(join(root, 'config/kubernetes/base/deployment.yaml'), 'utf8');
  const [user, group] = argumentsOf('USER')[0]?.split(':') ?? [];
  expect(deployment).toContain(`runAsUser: ${user}\n            runAsGroup: ${group}\n`);
  expect(deployment).toContain(`containerPort: ${argumentsOf('EXPOSE')[0]}\n`);
  expect(argumentsOf('HEALTHCHECK')[0]).toContain(`?? '127.0.0.1:${argumentsOf('EXPOSE')[0]}'`);
});

test('the image runs one bundled file, without a shell, and not as root', () => {
  expect(entrypoint.filter((word) => !word.startsWith('--'))).toEqual(['node', '/app/vpc-reconciler.cjs']);
  expect(JSON.parse(argumentsOf('CMD')[0] ?? '')).toEqual(['run', '--services', '/services']);
  expect(argumentsOf('USER')).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
  expect(argumentsOf('COPY')).toEqual(['--from=build /app /app']);
});

test('the compile cache is built with the same user, path, and flags as the image uses', () => {
  const cacheCommand = instructions.find((line) => line.includes('NODE_COMPILE_CACHE=/app/compiled '));
  expect(cacheCommand).toContain(`${entrypoint.join(' ')} run --once`);
  expect(argumentsOf('ENV').join(' ')).toContain('NODE_COMPILE_CACHE=/app/compiled');
  expect(instructions.filter((line) => line.startsWith('USER '))).toEqual(
    Array(2).fill(`USER ${argumentsOf('USER')[0]}`),
  );
});

test('.dockerignore lets through exactly the files that the build copies', () => {
  const ignore = readFileSync(join(root, '.dockerignore'), 'utf8').trim().split('\n');
  const allowed = ignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  const copied = instructions
    .filter((line) => /^COPY (?!--from)/.test(line))
    .flatMap((line) => line.split(' ').slice(1, -1));
  expect(ignore[0]).toBe('*');
  expect(allowed.sort()).toEqual(copied.sort());
  expect(allowed.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
