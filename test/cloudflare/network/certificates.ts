import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Whether certificates can be made. Tests that need them are skipped otherwise. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

export type Certificate = { readonly key: string; readonly cert: string };

/** A private certificate authority, made by openssl. */
export type Authority = {
  /** Its certificate, in PEM. */
  readonly caFile: string;
  /** Issues a certificate for `localhost` and `127.0.0.1`, or for other names, valid now or at another time. */
  readonly issue: (options?: {
    readonly names?: string;
    readonly from?: string;
    readonly until?: string;
  }) => Certificate;
};

/** Creates an authority in a temporary folder, which is removed when the test ends. */
export function authority(subject = '/O=Example Inc/CN=Example Inspection CA'): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-ca-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const caFile = join(folder, 'ca.pem');
  openssl(folder, [...NEW_KEY, '-x509', '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', subject, '-days', '30']);
  writeFileSync(join(folder, 'index.txt'), '');
  return {
    caFile,
    issue: ({ names = 'DNS:localhost,IP:127.0.0.1', from = '20200101000000Z', until = '20490101000000Z' } = {}) => {
      writeFileSync(join(folder, 'ca.conf'), configuration(names));
      openssl(folder, [...NEW_KEY, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost']);
      const validity = ['-startdate', from, '-enddate', until];
      openssl(folder, ['ca', '-batch', '-config', 'ca.conf', '-in', 'server.csr', '-out', 'server.pem', ...validity]);
      const [key, cert] = ['server.key', 'server.pem'].map((name) => readFileSync(join(folder, name), 'utf8'));
      return { key: key ?? '', cert: cert ?? '' };
    },
  };
}

const NEW_KEY = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(cwd: string, line: readonly string[]): void {
  execFileSync('openssl', line, { cwd, stdio: 'pipe' });
}

function configuration(names: string): string {
  return `
[ca]
default_ca = authority
[authority]
certificate = ca.pem
private_key = ca.key
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = anything
x509_extensions = leaf
unique_subject = no
[anything]
commonName = supplied
[leaf]
subjectAltName = ${names}
`;
}
