import { readFileSync, statSync } from 'node:fs';
import { describeSystemError } from '../core/base/errno.ts';

/** At most one of them is not null. */
export type CaCertificates = { readonly certificates: string | null; readonly error: string | null };

/** More than the bundle of a whole system, which has a quarter of it. */
const MAX_BYTES = 1024 * 1024;

/** Reads the certificates in a file, and checks each of them. Without a file, there are none. */
export function readCaFile(path: string | null): CaCertificates {
  if (path === null) return { certificates: null, error: null };
  let text: string;
  try {
    const stats = statSync(path);
    // Also keeps the process from waiting for a pipe.
    if (!stats.isFile()) return invalid('a path that is not a regular file');
    if (stats.size > MAX_BYTES) return invalid(`more than ${MAX_BYTES} bytes`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return invalid(`that ${JSON.stringify(path)} cannot be read: ${describeSystemError(error)}`);
  }
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) return invalid('none; openssl x509 -inform der converts other formats');
  const bad = certificates.findIndex((certificate) => !isCertificate(certificate));
  if (bad >= 0) return invalid(`that certificate ${bad + 1} of ${certificates.length} is invalid`);
  return { certificates: certificates.join('\n'), error: null };
}

function invalid(found: string): CaCertificates {
  return { certificates: null, error: `ca_file: expected a file of certificates in PEM format, found ${found}` };
}

function isCertificate(pem: string): boolean {
  // Only loaded when there is a file: it costs every command milliseconds.
  const { X509Certificate } = process.getBuiltinModule('node:crypto');
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false; // The message of the error is about the internals of OpenSSL.
  }
}
