import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { describeAccount, readAccount } from '../../src/config/account.ts';
import { ConfigError } from '../../src/config/load-config.ts';

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

/** The faults of an environment. None of them may tell a secret, whatever else is wrong. */
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

test('takes a token', () => {
  expect(readAccount(complete)).toMatchObject({
    accountId: CLOUDFLARE_ACCOUNT_ID,
    baseUrl: 'https://api.cloudflare.com/client/v4',
  });
  expect(readAccount(complete).credentials.current()).toEqual({ token: SECRET });
});

test('takes a token from a file, without the line break that editors and `echo` leave', () => {
  for (const text of [SECRET, `${SECRET}\n`, `  ${SECRET} \r\n\n`]) {
    expect(readAccount({ ...account, CLOUDFLARE_API_TOKEN_FILE: fileOf(text) }).credentials.current()).toEqual({
      token: SECRET,
    });
  }
});

test('takes e-mail and key together', () => {
  const environment = { ...account, CLOUDFLARE_EMAIL: 'ops@example.com\n', CLOUDFLARE_API_KEY: ` ${SECRET}` };
  expect(readAccount(environment).credentials.current()).toEqual({ email: 'ops@example.com', key: SECRET });
});

test.for([
  { CLOUDFLARE_API_TOKEN: ' t \n', found: { token: 't' } },
  { CLOUDFLARE_API_TOKEN_FILE: 'from-the-file', found: { token: 'from-the-file' } },
  { CLOUDFLARE_API_TOKEN: ' \n', CLOUDFLARE_API_TOKEN_FILE: 'from-the-file', found: { token: 'from-the-file' } },
])('prefers a token to e-mail and key: %j', ({ CLOUDFLARE_API_TOKEN, CLOUDFLARE_API_TOKEN_FILE: text, found }) => {
  const { credentials } = readAccount({
    ...account,
    CLOUDFLARE_API_TOKEN,
    CLOUDFLARE_API_TOKEN_FILE: text === undefined ? undefined : fileOf(text),
    CLOUDFLARE_EMAIL: 'ops@example.com',
    CLOUDFLARE_API_KEY: 'key',
  });
  expect(credentials.current()).toEqual(found);
});

test('refuses two places for the token', () => {
  expect(faultsOf({ ...complete, CLOUDFLARE_API_TOKEN_FILE: fileOf('another') })).toEqual([
    'CLOUDFLARE_API_TOKEN and CLOUDFLARE_API_TOKEN_FILE: expected one of them, found both; unset the one that is not meant',
  ]);
});

test('tells everything that is missing at once, and what would do', () => {
  for (const environment of [{}, { CLOUDFLARE_ACCOUNT_ID: ' ', CLOUDFLARE_API_TOKEN: '', CLOUDFLARE_EMAIL: '' }]) {
    expect(faultsOf(environment)).toEqual([
      'CLOUDFLARE_ACCOUNT_ID: expected the id of the account, found nothing; try --emulator to do without one',
      expect.stringMatching(
        /^CLOUDFLARE_API_TOKEN: expected an API token with the permission .*, found nothing; CLOUDFLARE_API_TOKEN_FILE may/,
      ),
    ]);
  }
});

test('tells everything that is wrong at once', () => {
  const wrong = { CLOUDFLARE_ACCOUNT_ID: 'a b', CLOUDFLARE_BASE_URL: 'api', CLOUDFLARE_API_TOKEN: 'a b' };
  expect(faultsOf(wrong).map((fault) => fault.split(':')[0])).toEqual(Object.keys(wrong));
});

test.for([
  { id: 'a'.repeat(32), good: true },
  { id: 'A_1', good: true },
  { id: ` ${CLOUDFLARE_ACCOUNT_ID}\n`, good: true },
  { id: 'a'.repeat(33), good: false },
  { id: 'a/b', good: false },
  { id: '..', good: false },
  { id: 'é', good: false },
  { id: SECRET, good: false },
])('an account id of "$id" is good: $good', ({ id, good }) => {
  const environment = { ...complete, CLOUDFLARE_ACCOUNT_ID: id };
  if (good) expect(readAccount(environment).accountId).toBe(id.trim());
  else {
    expect(faultsOf(environment)).toEqual([
      'CLOUDFLARE_ACCOUNT_ID: expected at most 32 letters and digits, as in the dashboard, found something else',
    ]);
  }
});

test.for([
  { CLOUDFLARE_EMAIL: 'ops@example.com', reason: 'an e-mail without a key' },
  { CLOUDFLARE_API_KEY: SECRET, reason: 'a key without an e-mail' },
  { CLOUDFLARE_API_KEY: SECRET, CLOUDFLARE_EMAIL: ' ', reason: 'a key with a blank e-mail' },
])('refuses $reason', (half) => {
  expect(faultsOf({ ...account, ...half })).toEqual([
    'CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY: expected both, found one; better: an API token in CLOUDFLARE_API_TOKEN',
  ]);
});

/** What cannot stand in a header, in the middle of a secret. */
const INTRUDERS = [' ', '\n', '\r\nX-Evil: 1', '\t', '\0', '\u007f', 'ä', '\u{1f511}'];

test.for(INTRUDERS)('refuses a secret with %j in it, and does not show it', (intruder) => {
  const bad = `s3cr3t${intruder}t0k3n`;
  const expected = 'expected a token of printable characters without spaces, found others';
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
      'CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY: expected printable characters without spaces, found others',
    ]);
  }
});

test('refuses a file without a token in it', () => {
  for (const text of ['', '\n', '  \n']) {
    expect(faultsOf({ ...account, CLOUDFLARE_API_TOKEN_FILE: fileOf(text) })).toEqual([
      'CLOUDFLARE_API_TOKEN_FILE: expected a token of printable characters without spaces, found nothing',
    ]);
  }
});

test('says why the token file cannot be read', () => {
  const path = join(folder, 'nowhere');
  expect(faultsOf({ ...account, CLOUDFLARE_API_TOKEN_FILE: path })).toEqual([
    `CLOUDFLARE_API_TOKEN_FILE: expected a file that holds the token, found that ${path} cannot be read: no such file or folder`,
  ]);
});

test.for([
  { path: () => folder, found: 'expected a file that holds a token, found what is no regular file' },
  { path: () => fileOf('x'.repeat(10_000)), found: 'expected a token, found more than 8192 bytes' },
])('says that a token file is none: $found', ({ path, found }) => {
  expect(faultsOf({ ...account, CLOUDFLARE_API_TOKEN_FILE: path() })).toEqual([`CLOUDFLARE_API_TOKEN_FILE: ${found}`]);
});

// For root, every file is readable.
test.skipIf(process.getuid?.() === 0)('says that the token file may not be read', () => {
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
])('a base URL of "%s" is %s', ([text, baseUrl]) => {
  expect(readAccount({ ...complete, CLOUDFLARE_BASE_URL: text }).baseUrl).toBe(baseUrl);
});

const TOKEN_READABLE = 'expected https: (plain http: only to loopback), for the token would be readable on the way';

test.for([
  ['', 'expected a URL such as https://api.cloudflare.com/client/v4, found something else'],
  [' \n', 'expected a URL such as https://api.cloudflare.com/client/v4, found something else'],
  ['api.example.com/v4', 'expected a URL such as https://api.cloudflare.com/client/v4, found something else'],
  ['https://', 'expected a URL such as https://api.cloudflare.com/client/v4, found something else'],
  ['ftp://api.example.com', 'expected https:, found ftp:'],
  ['localhost:8787', 'expected https:, found localhost:'],
  ['file:///etc/passwd', 'expected https:, found file:'],
  ['http://api.example.com', TOKEN_READABLE],
  ['http://10.0.0.1', TOKEN_READABLE],
  ['http://0.0.0.0:8787', TOKEN_READABLE],
  ['http://localhost.example.com', TOKEN_READABLE],
  ['http://127.0.0.1.example.com', TOKEN_READABLE],
  ['http://[::2]', TOKEN_READABLE],
  [`https://user:${SECRET}@api.example.com`, 'expected a URL without a user name and a password'],
  [`https://${SECRET}@api.example.com`, 'expected a URL without a user name and a password'],
  [`https://api.example.com/v4?token=${SECRET}`, 'expected a URL without ? and #'],
  ['https://api.example.com/v4?', 'expected a URL without ? and #'],
  ['https://api.example.com/v4#', 'expected a URL without ? and #'],
  [`https://api.example.com/v4#${SECRET}`, 'expected a URL without ? and #'],
])('refuses a base URL of "%s"', ([text, fault]) => {
  expect(faultsOf({ ...complete, CLOUDFLARE_BASE_URL: text })).toEqual([`CLOUDFLARE_BASE_URL: ${fault}`]);
});

test.for([
  [{}, 'account not set, credentials not set'],
  [{ CLOUDFLARE_ACCOUNT_ID: ' \n', CLOUDFLARE_API_TOKEN: ' ' }, 'account not set, credentials not set'],
  [complete, `account ${CLOUDFLARE_ACCOUNT_ID}, credentials from CLOUDFLARE_API_TOKEN`],
  [{ CLOUDFLARE_ACCOUNT_ID: SECRET }, 'account malformed, credentials not set'],
  [
    { ...account, CLOUDFLARE_EMAIL: SECRET, CLOUDFLARE_API_KEY: SECRET },
    `account ${CLOUDFLARE_ACCOUNT_ID}, credentials from CLOUDFLARE_EMAIL, CLOUDFLARE_API_KEY`,
  ],
  [{ CLOUDFLARE_API_TOKEN_FILE: '/nowhere' }, 'account not set, credentials from CLOUDFLARE_API_TOKEN_FILE'],
] as const)('describes an account without its secrets: %#', ([environment, words]) => {
  expect(describeAccount(environment)).toBe(words);
});
