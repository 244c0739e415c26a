import { expect, test } from 'vitest';
import { authority, hasOpenssl } from '../cloudflare/network/certificates.ts';
import { connectProxy } from '../cloudflare/network/connect-proxy.ts';
import type { ConnectProxyOptions } from '../cloudflare/network/connect-proxy.ts';
import { tlsApi } from '../cloudflare/network/tls-api.ts';
import type { TlsApi } from '../cloudflare/network/tls-api.ts';
import { success } from '../cloudflare/server.ts';
import { accountAt, folderOf, web } from '../cli/command.ts';
import type { Environment } from '../cli/command.ts';
import { ran, start } from './program.ts';

/** Shorter than what is searched for in all output, so that it must be left out where it is known. */
const PASSWORD = 'sw0rd#';
const LOGIN = `deploy%40example:${encodeURIComponent(PASSWORD)}`;

const services = () => folderOf({ 'web.yaml': web() });

type Company = {
  readonly api: TlsApi;
  readonly targets: readonly string[];
  readonly caFile: string;
  readonly proxyPort: number;
  readonly environment: Environment;
};

/** Starts an API with a certificate of a private authority, which only a proxy reaches. */
async function company(options: ConnectProxyOptions = {}): Promise<Company> {
  const { caFile, issue } = authority();
  const api = await tlsApi(issue({ names: 'DNS:api.test' }), (_, response) =>
    response.end(JSON.stringify(success([web()]))),
  );
  const login = `deploy@example:${PASSWORD}`;
  const { port: proxyPort, targets } = await connectProxy({ upstreamPort: api.port, login, ...options });
  const environment = {
    ...accountAt('https://api.test/client/v4'),
    HTTPS_PROXY: `http://${LOGIN}@127.0.0.1:${proxyPort}`,
  };
  return { api, targets, caFile, proxyPort, environment };
}

function expectNoLogin(output: string): void {
  expect(output).not.toContain(PASSWORD);
  expect(output).not.toContain(encodeURIComponent(PASSWORD));
  expect(output).not.toContain('deploy');
  expect(output).not.toContain(Buffer.from(`deploy@example:${PASSWORD}`).toString('base64'));
}

test.skipIf(!hasOpenssl)('plan reaches the API through a proxy, with an additional authority', async () => {
  const { environment, api, targets, caFile } = await company();
  const line = ['plan', '--services', services(), '--ca-file', caFile];
  expect(await ran(line, { environment })).toMatchObject({ code: 0, stderr: '' });
  expect(api.seen).toHaveLength(1);
  expect(targets).toEqual(['api.test:443']);
});

test.skipIf(!hasOpenssl)('NODE_EXTRA_CA_CERTS adds an authority, with ca_file and without', async () => {
  const { environment, caFile } = await company();
  const withExtra = { ...environment, NODE_EXTRA_CA_CERTS: caFile };
  const line = ['plan', '--services', services()];
  expect(await ran(line, { environment: withExtra })).toMatchObject({ code: 0, stderr: '' });
  const { caFile: other } = authority('/CN=Another CA');
  expect(await ran([...line, '--ca-file', other], { environment: withExtra })).toMatchObject({ code: 0, stderr: '' });
});

test.skipIf(!hasOpenssl)('no environment variable turns the check of certificates off', async () => {
  const { environment, api } = await company();
  const { code, stdout } = await ran(['plan', '--services', services(), '--request-timeout', '5s'], {
    environment: { ...environment, NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' },
  });
  expect(code).toBe(1);
  expect(stdout).toContain('NODE_EXTRA_CA_CERTS');
  expect(api.seen).toEqual([]);
  expectNoLogin(stdout);
});

test.skipIf(!hasOpenssl)('the log of the daemon names the proxy and never its login', async () => {
  const { environment, proxyPort, targets } = await company({ login: 'another:login' });
  const program = start(['run', '--services', services()], { environment });
  expect(await program.logged({ event: 'started' })).toMatchObject({
    proxy: `http://[redacted]@127.0.0.1:${proxyPort} (HTTPS_PROXY)`,
  });
  const report = await program.logged({ event: 'reconciliation_report' });
  expect(report).toMatchObject({ outcome: 'denied', error: { kind: 'denied' } });
  program.send('SIGTERM');
  const { stdout, stderr } = await program.ended;
  expect(stdout).toContain('refused the login (407)');
  expectNoLogin(stdout + stderr);
  // Repeated logins with a wrong password can lock a person out.
  expect(targets).toHaveLength(1);
});

test.skipIf(!hasOpenssl).for([
  [{}, '# proxy http://[redacted]@127.0.0.1:PORT (HTTPS_PROXY)'],
  [{ NO_PROXY: '.test' }, '# no proxy: NO_PROXY contains api.test'],
  [{ CLOUDFLARE_BASE_URL: 'http://127.0.0.1:8080' }, '# no proxy: the API is on this machine'],
  [
    { HTTPS_PROXY: `socks5://${LOGIN}@127.0.0.1` },
    '# invalid proxy: HTTPS_PROXY: expected a proxy such as http://proxy.example:3128, found the protocol socks5:',
  ],
] as const)('--print-config names the proxy and never its login: %j', async ([more, line]) => {
  const { environment, proxyPort } = await company();
  const { code, stdout } = await ran(['run', '--print-config'], { environment: { ...environment, ...more } });
  expect(code).toBe(0);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(line.replace('PORT', String(proxyPort)));
  expectNoLogin(stdout);
});

test('an invalid proxy or file of authorities is reported at start, with everything else that is wrong', async () => {
  const environment = { HTTPS_PROXY: `http://deploy:${PASSWORD}@proxy.example`, CLOUDFLARE_ACCOUNT_ID: 'abc' };
  const { code, stderr } = await ran(['plan', '--services', services(), '--ca-file', '/nowhere'], { environment });
  expect(code).toBe(1);
  expect(stderr).toContain('CLOUDFLARE_API_TOKEN: expected');
  expect(stderr).toContain('HTTPS_PROXY: expected a proxy such as http://proxy.example:3128, found');
  expect(stderr).toContain('ca_file: expected a file of certificates in PEM format, found that "/nowhere"');
  expectNoLogin(stderr);
});
