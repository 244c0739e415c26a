import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { describeAccount, readAccount } from '../../src/config/account.ts';
import { ConfigError } from '../../src/config/config-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-account-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(text: string): string {
  const path = join(folder, 'token');
  writeFileSync(path, text);
  return path;
}

const SECRET = 's3cr3t-t0k3n';
const CLOUDFLARE_ACCOUNT_ID = '0123456789abcdef0123456789abcdef';
const account = { CLOUDFLARE_ACCOUNT_ID };
const complete = { CLOUDFLARE_ACCOUNT_ID, CLOUDFLARE_API_TOKEN: SECRET };

/** Returns the lines of the error for an environment, which never contain a secret. */
function faultsOf(environment: Readonly<Record<string, string | undefined>>): string[] {
  try {
    readAccount(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(`${error.message}\n${error.stack}`).not.toMatch(/s3cr3t|t0k3n/);
    expect(error.cause).toBeUndefined();
    return error.message.split('\n');
  }
  throw new Error('expected a ConfigError');
}

test('reads a token', () => {
  expect(readAccount(complete)).toMatchObject({
    accountId: CLOUDFLARE_ACCOUNT_ID,
    baseUrl: 'https://api.cloudflare.com/client/v4',
  });
  expect(readAccount(complete).credentials.current()).toEqual({ token: SECRET });
});

test('reads a token from a file, without the line break that editors and `echo` add', () => {
  for (const text of [SECRET, `${SECRET}\n`, `  ${SECRET} \r\n\n`]) {
    expect(readAccount({ ...account, CLOUDFLARE_API_TOKEN_FILE: fileOf(text) }).credentials.current()).toEqual({
      token: SECRET,
    });
  }
});

test('reads email and key', () => {
  const environment = { ...account, CLOUDFLARE_EMAIL: 'ops@example.com\n', CLOUDFLARE_API_KEY: ` ${SECRET}` };
  expect(readAccount(environment).credentials.current()).toEqual({ email: 'ops@example.com', key: SECRET });
});

test.for([
  { CLOUDFLARE_API_TOKEN: ' t \n', found: { token: 't' } },
  { CLOUDFLARE_API_TOKEN_FILE: 'from-the-file', found: { token: 'from-the-file' } },
  { CLOUDFLARE_API_TOKEN: ' \n', CLOUDFLARE_API_TOKEN_FILE: 'from-the-file', found: { token: 'from-the-file' } },
])('prefers a token over email and key: %j', ({ CLOUDFLARE_API_TOKEN, CLOUDFLARE_API_TOKEN_FILE: text, found }) => {
  const { credentials } = readAccount({
    ...account,
    CLOUDFLARE_API_TOKEN,
    CLOUDFLARE_API_TOKEN_FILE: text === undefined ? undefined : fileOf(text),
    CLOUDFLARE_EMAIL: 'ops@example.com',
    CLOUDFLARE_API_KEY: 'key',
  });
  expect(credentials.current()).toEqual(found);
});

test('rejects a token in two variables', () => {
  expect(faultsOf({ ...complete, CLOUDFLARE_API_TOKEN_FILE: fileOf('another') })).toEqual([
    'CLOUDFLARE_API_TOKEN and CLOUDFLARE_API_TOKEN_FILE: expected one of them, found both; unset one',
  ]);
});

test('lists every missing variable, with an alternative', () => {
  for (const environment of [{}, { CLOUDFLARE_ACCOUNT_ID: ' ', CLOUDFLARE_API_TOKEN: '', CLOUDFLARE_EMAIL: '' }]) {
    expect(faultsOf(environment)).toEqual([
      'CLOUDFLARE_ACCOUNT_ID: expected the id of an account, found nothing; use --emulator to run without an account',
      expect.stringMatching(
        /^CLOUDFLARE_API_TOKEN: expected an API token with the permission .*, found nothing; set it, or set CLOUDFLARE_API_TOKEN_FILE /,
      ),
    ]);
  }
});

test('lists every invalid variable', () => {
  const wrong = { CLOUDFLARE_ACCOUNT_ID: 'a b', CLOUDFLARE_BASE_URL: 'api', CLOUDFLARE_API_TOKEN: 'a b' };
  expect(faultsOf(wrong).map((fault) => fault.split(':')[0])).toEqual(Object.keys(wrong));
});

test.for([
  { id: 'a'.repeat(32), valid: true },
  { id: 'A_1', valid: true },
  { id: ` ${CLOUDFLARE_ACCOUNT_ID}\n`, valid: true },
  { id: 'a'.repeat(33), valid: false },
  { id: 'a/b', valid: false },
  { id: '..', valid: false },
  { id: 'é', valid: false },
  { id: SECRET, valid: false },
])('accepts the account id "$id": $valid', ({ id, valid }) => {
  const environment = { ...complete, CLOUDFLARE_ACCOUNT_ID: id };
  if (valid) expect(readAccount(environment).accountId).toBe(id.trim());
  else {
    expect(faultsOf(environment)).toEqual([
      'CLOUDFLARE_ACCOUNT_ID: expected at most 32 letters and digits, found a different value; copy the account id from the dashboard',
    ]);
  }
});

test.for([
  { CLOUDFLARE_EMAIL: 'ops@example.com', reason: 'an email without a key' },
  { CLOUDFLARE_API_KEY: SECRET, reason: 'a key without an email' },
  { CLOUDFLARE_API_KEY: SECRET, CLOUDFLARE_EMAIL: ' ', reason: 'a key with a blank email' },
])('rejects $reason', (half) => {
  expect(faultsOf({ ...account, ...half })).toEqual([
    'CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY: expected both, found one; set both, or an API token in CLOUDFLARE_API_TOKEN',
  ]);
});

/** Characters that are not allowed in a header. */
const FORBIDDEN = [' ', '\n', '\r\nX-Evil: 1', '\t', '\0', '\u007f', 'ä', '\u{1f511}'];

test.for(FORBIDDEN)('rejects a secret that contains %j, without showing it', (character) => {
  const bad = `s3cr3t${character}t0k3n`;
  const expected = 'expected a token of printable ASCII characters without spaces, found other characters';
  expect(faultsOf({ ...account, CLOUDFLARE_API_TOKEN: bad })).toEqual([`CLOUDFLARE_API_TOKEN: ${expected}`]);
  expect(faultsOf({ ...account, CLOUDFLARE_API_TOKEN_FILE: fileOf(bad) })).toEqual([
    `CLOUDFLARE_API_TOKEN_FILE: ${expected}`,
  ]);
  const [email, key] = ['ops@example.com', SECRET];
  for (const pair of [
    { CLOUDFLARE_EMAIL: email, CLOUDFLARE_API_KEY: bad },
    { CLOUDFLARE_EMAIL: bad, CLOUDFLARE_API_KEY: key },
  ]) {
    expect(faultsOf({ ...account, ...pair })).toEqual([
      'CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY: expected printable ASCII characters without spaces, found other characters',
    ]);
  }
});

test('rejects an empty token file', () => {
  for (const text of ['', '\n', '  \n']) {
    expect(faultsOf({ ...account, CLOUDFLARE_API_TOKEN_FILE: fileOf(text) })).toEqual([
      'CLOUDFLARE_API_TOKEN_FILE: expected a token, found an empty file',
    ]);
  }
});

test('reports why the token file cannot be read', () => {
  const path = join(folder, 'nowhere');
  expect(faultsOf({ ...account, CLOUDFLARE_API_TOKEN_FILE: path })).toEqual([
    `CLOUDFLARE_API_TOKEN_FILE: expected a file that holds the token, found that "${path}" cannot be read: no such file or folder`,
  ]);
});

test.for([
  { path: () => folder, found: 'expected a file that holds a token, found a path that is not a regular file' },
  { path: () => fileOf('x'.repeat(10_000)), found: 'expected a token, found more than 8192 bytes' },
])('rejects a token file: $found', ({ path, found }) => {
  expect(faultsOf({ ...account, CLOUDFLARE_API_TOKEN_FILE: path() })).toEqual([`CLOUDFLARE_API_TOKEN_FILE: ${found}`]);
});

// The root user can read every file.
test.skipIf(process.getuid?.() === 0)('reports a token file without read permission', () => {
  const path = fileOf(SECRET);
  chmodSync(path, 0o000);
  expect(faultsOf({ ...account, CLOUDFLARE_API_TOKEN_FILE: path })[0]).toContain('cannot be read: EACCES');
  chmodSync(path, 0o600);
});

test.for([
  ['https://api.example.com/client/v4', 'https://api.example.com/client/v4'],
  ['https://api.example.com/client/v4/', 'https://api.example.com/client/v4'],
  ['https://api.example.com/v4//\n', 'https://api.example.com/v4'],
  ['https://api.example.com', 'https://api.example.com'],
  ['https://api.example.com:8443/', 'https://api.example.com:8443'],
  ['HTTPS://API.example.com/v4', 'https://api.example.com/v4'],
  ['https://10.0.0.1/v4', 'https://10.0.0.1/v4'],
  ['http://localhost:8787/client/v4', 'http://localhost:8787/client/v4'],
  ['http://127.0.0.1:8787', 'http://127.0.0.1:8787'],
  ['http://127.1.2.3/v4', 'http://127.1.2.3/v4'],
  ['http://[::1]:8787/v4', 'http://[::1]:8787/v4'],
])('normalizes the base URL "%s" to %s', ([text, baseUrl]) => {
  expect(readAccount({ ...complete, CLOUDFLARE_BASE_URL: text }).baseUrl).toBe(baseUrl);
});

const UNENCRYPTED = 'expected https:, found http:, which would send the token unencrypted (allowed for loopback only)';

test.for([
  ['', 'expected a URL such as https://api.cloudflare.com/client/v4, found a different value'],
  [' \n', 'expected a URL such as https://api.cloudflare.com/client/v4, found a different value'],
  ['api.example.com/v4', 'expected a URL such as https://api.cloudflare.com/client/v4, found a different value'],
  ['https://', 'expected a URL such as https://api.cloudflare.com/client/v4, found a different value'],
  ['ftp://api.example.com', 'expected https:, found ftp:'],
  ['localhost:8787', 'expected https:, found localhost:'],
  ['file:///etc/passwd', 'expected https:, found file:'],
  ['http://api.example.com', UNENCRYPTED],
  ['http://10.0.0.1', UNENCRYPTED],
  ['http://0.0.0.0:8787', UNENCRYPTED],
  ['http://localhost.example.com', UNENCRYPTED],
  ['http://127.0.0.1.example.com', UNENCRYPTED],
  ['http://[::2]', UNENCRYPTED],
  [`https://user:${SECRET}@api.example.com`, 'expected a URL without a user name and a password'],
  [`https://${SECRET}@api.example.com`, 'expected a URL without a user name and a password'],
  [`https://api.example.com/v4?token=${SECRET}`, 'expected a URL without a query and a fragment'],
  ['https://api.example.com/v4?', 'expected a URL without a query and a fragment'],
  ['https://api.example.com/v4#', 'expected a URL without a query and a fragment'],
  [`https://api.example.com/v4#${SECRET}`, 'expected a URL without a query and a fragment'],
])('rejects the base URL "%s"', ([text, fault]) => {
  expect(faultsOf({ ...complete, CLOUDFLARE_BASE_URL: text })).toEqual([`CLOUDFLARE_BASE_URL: ${fault}`]);
});

test.for([
  [{}, 'account not set, credentials not set'],
  [{ CLOUDFLARE_ACCOUNT_ID: ' \n', CLOUDFLARE_API_TOKEN: ' ' }, 'account not set, credentials not set'],
  [complete, `account ${CLOUDFLARE_ACCOUNT_ID}, credentials from CLOUDFLARE_API_TOKEN`],
  [{ CLOUDFLARE_ACCOUNT_ID: SECRET }, 'account invalid, credentials not set'],
  [
    { ...account, CLOUDFLARE_EMAIL: SECRET, CLOUDFLARE_API_KEY: SECRET },
    `account ${CLOUDFLARE_ACCOUNT_ID}, credentials from CLOUDFLARE_EMAIL, CLOUDFLARE_API_KEY`,
  ],
  [{ CLOUDFLARE_API_TOKEN_FILE: '/nowhere' }, 'account not set, credentials from CLOUDFLARE_API_TOKEN_FILE'],
] as const)('describes an account without its secrets: %#', ([environment, description]) => {
  expect(describeAccount(environment)).toBe(description);
});

test.for([
  [`"${SECRET}"`, 'quotes around it; remove the quotes'],
  [`'${SECRET}'`, 'quotes around it; remove the quotes'],
  [`\u201c${SECRET}\u201d`, 'quotes around it; remove the quotes'],
  [`Bearer ${SECRET}`, '"Bearer" in front of it; keep only the token'],
  [`Authorization: bearer ${SECRET}`, '"Bearer" in front of it; keep only the token'],
  [`CLOUDFLARE_API_TOKEN=${SECRET}`, '"NAME=" in front of it; keep only the token'],
  [`export TOKEN=${SECRET}`, '"NAME=" in front of it; keep only the token'],
  ['${s3cr3t}', 'a placeholder that nothing has replaced; write the token itself'],
  ['$CLOUDFLARE_API_TOKEN', 'a placeholder that nothing has replaced; write the token itself'],
  ['$(cat s3cr3t)', 'a placeholder that nothing has replaced; write the token itself'],
  ['{{ .Values.s3cr3t }}', 'a placeholder that nothing has replaced; write the token itself'],
  ['%S3CR3T%', 'a placeholder that nothing has replaced; write the token itself'],
  ['<your token>', 'a placeholder that nothing has replaced; write the token itself'],
  ['CLOUDFLARE_API_TOKEN', 'the name of a variable; write the token itself'],
] as const)('rejects the token %s with what is wrong', ([text, found]) => {
  const expected = `expected a token, found ${found}`;
  expect(faultsOf({ ...account, CLOUDFLARE_API_TOKEN: text })).toEqual([`CLOUDFLARE_API_TOKEN: ${expected}`]);
  expect(faultsOf({ ...account, CLOUDFLARE_API_TOKEN_FILE: fileOf(`${text}\n`) })).toEqual([
    `CLOUDFLARE_API_TOKEN_FILE: ${expected}`,
  ]);
});

test('rejects a key in quotes', () => {
  expect(faultsOf({ ...account, CLOUDFLARE_EMAIL: 'ops@example.com', CLOUDFLARE_API_KEY: `"${SECRET}"` })).toEqual([
    'CLOUDFLARE_API_KEY: expected a key, found quotes around it; remove the quotes',
  ]);
});

test.for(['c2VjcmV0LXRva2Vu==', "it's-a-token", 'v1.0-abc_DEF-123', 'a=b', '$ecret', 'ABC='])(
  'accepts the token %s',
  (token) => {
    expect(readAccount({ ...account, CLOUDFLARE_API_TOKEN: token }).credentials.current()).toEqual({ token });
  },
);

test.for(['utf16le', 'utf16le without a mark', 'utf16be'] as const)(
  'names the encoding of a token file in %s',
  (how) => {
    const path = join(folder, 'utf16');
    const bytes = Buffer.from(how === 'utf16le' || how === 'utf16be' ? `\ufeff${SECRET}` : SECRET, 'utf16le');
    writeFileSync(path, how === 'utf16be' ? bytes.swap16() : bytes);
    expect(faultsOf({ ...account, CLOUDFLARE_API_TOKEN_FILE: path })).toEqual([
      'CLOUDFLARE_API_TOKEN_FILE: expected UTF-8, found UTF-16; save the file as UTF-8',
    ]);
  },
);

test('names a variable that is set but not read', () => {
  const [id, token] = faultsOf({ CF_ACCOUNT_ID: CLOUDFLARE_ACCOUNT_ID, CF_API_TOKEN: SECRET });
  expect(id).toBe(
    'CLOUDFLARE_ACCOUNT_ID: expected the id of an account, found nothing; CF_ACCOUNT_ID is set, but only CLOUDFLARE_ACCOUNT_ID is read',
  );
  expect(token).toMatch(/found nothing; .*; CF_API_TOKEN is set, but only CLOUDFLARE_API_TOKEN is read$/);
});
