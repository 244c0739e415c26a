import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { expect, test } from 'vitest';
import { readCaFile } from '../../src/config/ca-file.ts';
import { temporaryFolder } from '../cli/command.ts';
import { authority, hasOpenssl } from '../cloudflare/network/certificates.ts';

function fileOf(content: string): string {
  const path = join(temporaryFolder(), 'ca.pem');
  writeFileSync(path, content);
  return path;
}

const [first = '', second = ''] = rootCertificates;

test('the certificates of a file are read, whatever else is in it', () => {
  const path = fileOf(`# Our authorities\r\n${first}\n\nThe old one:\n${second}\n`);
  expect(readCaFile(path)).toEqual({ certificates: `${first}\n${second}`, error: null });
});

test('the bundle of a whole system is read', () => {
  expect(readCaFile(fileOf(rootCertificates.join('\n'))).error).toBe(null);
});

const broken = first.replace(/^M/m, 'N');

test.for<[content: string, found: string]>([
  ['', 'none; openssl x509 -inform der converts other formats'],
  ['a certificate', 'none; openssl x509 -inform der converts other formats'],
  [first.slice(0, -30), 'none; openssl x509 -inform der converts other formats'],
  [`${first}\n${broken}`, 'that certificate 2 of 2 is invalid'],
  ['-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----', 'that certificate 1 of 1 is invalid'],
  [' '.repeat(1024 * 1024 + 1), 'more than 1048576 bytes'],
])('a file without valid certificates is a error: %#', ([content, found]) => {
  expect(readCaFile(fileOf(content))).toEqual({
    certificates: null,
    error: `ca_file: expected a file of certificates in PEM format, found ${found}`,
  });
});

test('a file that cannot be read is an error', () => {
  const expected = 'ca_file: expected a file of certificates in PEM format, found';
  expect(readCaFile('/nowhere').error).toBe(`${expected} that "/nowhere" cannot be read: no such file or folder`);
  const folder = temporaryFolder();
  expect(readCaFile(folder).error).toBe(`${expected} a path that is not a regular file`);
});

test.skipIf(!hasOpenssl)('a certificate in DER is an error that says how to convert it', () => {
  const { caFile } = authority();
  const der = join(temporaryFolder(), 'ca.der');
  execFileSync('openssl', ['x509', '-in', caFile, '-outform', 'der', '-out', der]);
  expect(readFileSync(der).length).toBeGreaterThan(100);
  expect(readCaFile(der).error).toContain('openssl x509 -inform der');
});
