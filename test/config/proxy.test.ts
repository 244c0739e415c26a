import { describe, expect, test } from 'vitest';
import { describeRoute, proxySecrets, routeTo } from '../../src/config/proxy.ts';
import type { Environment } from '../../src/config/environment.ts';

const api = 'https://api.cloudflare.com/client/v4';
const proxy = 'http://proxy.example:3128';

function describeRouteTo(url: string, environment: Environment): string {
  return describeRoute(routeTo(new URL(url), environment));
}

test.for<[environment: Environment, description: string]>([
  [{}, 'no proxy'],
  [{ HTTPS_PROXY: '' }, 'no proxy'],
  [{ HTTPS_PROXY: proxy }, 'proxy http://proxy.example:3128 (HTTPS_PROXY)'],
  [{ https_proxy: proxy }, 'proxy http://proxy.example:3128 (https_proxy)'],
  [{ HTTP_PROXY: proxy }, 'proxy http://proxy.example:3128 (HTTP_PROXY)'],
  [{ http_proxy: proxy }, 'proxy http://proxy.example:3128 (http_proxy)'],
  [
    { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:2', HTTP_PROXY: 'http://c:3' },
    'proxy http://b:2 (https_proxy)',
  ],
  [{ https_proxy: ' ', HTTPS_PROXY: ` ${proxy}/ ` }, 'proxy http://proxy.example:3128 (HTTPS_PROXY)'],
  [{ HTTPS_PROXY: 'proxy.example:3128' }, 'proxy http://proxy.example:3128 (HTTPS_PROXY)'],
  [{ HTTPS_PROXY: 'https://proxy.example' }, 'proxy https://proxy.example (HTTPS_PROXY)'],
  [{ HTTPS_PROXY: 'http://[fd00::1]:3128' }, 'proxy http://[fd00::1]:3128 (HTTPS_PROXY)'],
  [{ HTTPS_PROXY: 'http://user:swordfish@proxy.example' }, 'proxy http://[redacted]@proxy.example (HTTPS_PROXY)'],
  [{ HTTPS_PROXY: 'user:sword@fish@proxy.example:1' }, 'proxy http://[redacted]@proxy.example:1 (HTTPS_PROXY)'],
])('the first variable that is set names the proxy: %j', ([environment, description]) => {
  expect(describeRouteTo(api, environment)).toBe(description);
});

test.for([
  'http://',
  'http://user:sword#fish@proxy.example:3128',
  'http://user:123#fish@proxy.example:3128',
  'http://user:123/fish@proxy.example:3128',
  'http://user:123?fish@proxy.example:3128',
  'proxy.example:99999',
  'socks5://user:swordfish@proxy.example:1080',
])('an invalid proxy is an error that does not show it: %s', (value) => {
  const route = routeTo(new URL(api), { HTTPS_PROXY: value });
  expect(describeRoute(route)).toMatch(
    /^invalid proxy: HTTPS_PROXY: expected a proxy such as http:\/\/proxy\.example:3128, found /,
  );
  expect(describeRoute(route)).not.toMatch(/fish|123\D/);
});

test.for(['http://localhost:8080/client/v4', 'http://127.0.0.1:8080', 'http://127.1.2.3', 'https://[::1]:8443'])(
  'loopback is direct: %s',
  (url) => {
    expect(describeRouteTo(url, { HTTPS_PROXY: proxy, HTTP_PROXY: proxy })).toBe(
      'no proxy: the API is on this machine',
    );
  },
);

describe('NO_PROXY', () => {
  test.for([
    '*',
    'api.cloudflare.com',
    'API.CLOUDFLARE.COM',
    'cloudflare.com',
    '.cloudflare.com',
    '*.cloudflare.com',
    'cloudflare.com.',
    'cloudflare.com:443',
    'localhost,127.0.0.1, .example.com ,.cloudflare.com',
    'localhost .cloudflare.com',
    '10.0.0.0/8,*:443',
  ])('excepts the API: %s', (entries) => {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      expect(describeRouteTo(api, { HTTPS_PROXY: proxy, [name]: entries })).toBe(
        `no proxy: ${name} contains api.cloudflare.com`,
      );
    }
  });

  test.for([
    '',
    'api.cloudflare.com.example',
    'notcloudflare.com',
    'flare.com',
    '*.api.cloudflare.com',
    'api.cloudflare.com:8443',
    '*:80',
    '10.0.0.0/8',
    '0.0.0.0/0',
    ',,',
  ])('does not except the API: %s', (entries) => {
    expect(describeRouteTo(api, { HTTPS_PROXY: proxy, NO_PROXY: entries })).toBe(
      'proxy http://proxy.example:3128 (HTTPS_PROXY)',
    );
  });

  test.for([
    ['https://10.1.2.3', '10.0.0.0/8', true],
    ['https://10.1.2.3', '10.1.2.3', true],
    ['https://10.1.2.3', '10.1.2.3:443', true],
    ['https://10.1.2.3', '10.1.2.4', false],
    ['https://10.1.2.3', '10.0.0.0/33', false],
    ['https://10.1.2.3', '10.0.0.0/x', false],
    ['https://10.1.2.3:8443', '10.1.2.3:443', false],
    ['https://11.1.2.3', '10.0.0.0/8', false],
    ['https://[fd00::1]', 'fd00::/8', true],
    ['https://[fd00::1]', 'fd00:0:0::1', true],
    ['https://[fd00::1]:8443', '[fd00::1]:8443', true],
    ['https://[fd00::1]', '[fd00::1]:8443', false],
    ['https://[fd00::1]', '10.0.0.0/8', false],
  ] as const)('excepts %s by %s: %s', ([url, entries, isExcepted]) => {
    const { kind } = routeTo(new URL(url), { HTTPS_PROXY: proxy, NO_PROXY: entries });
    expect(kind).toBe(isExcepted ? 'direct' : 'proxy');
  });

  test('of the lower-case variable counts if both are set', () => {
    const environment = { HTTPS_PROXY: proxy, NO_PROXY: '*', no_proxy: 'example.com' };
    expect(routeTo(new URL(api), environment).kind).toBe('proxy');
  });
});

function loginOf(value: string): unknown {
  const route = routeTo(new URL(api), { HTTPS_PROXY: value });
  return route.kind === 'proxy' ? route.proxy.login : route;
}

test('a login is decoded', () => {
  expect(loginOf('http://us%40er:p%23ss%25@proxy.example')).toEqual({ user: 'us@er', password: 'p#ss%' });
  expect(loginOf('http://user:50%@proxy.example')).toEqual({ user: 'user', password: '50%' });
  expect(loginOf('http://user@proxy.example')).toEqual({ user: 'user', password: '' });
  expect(loginOf(proxy)).toBe(null);
});

test('every form of a password is a secret, also in variables that are invalid or not used', () => {
  const environment = {
    HTTPS_PROXY: 'http://user:sword%23fish@proxy.example',
    http_proxy: 'socks5://other:open#sesame@proxy.example',
    HTTP_PROXY: proxy,
    NO_PROXY: '*',
  };
  const secrets = proxySecrets(environment);
  for (const secret of ['sword%23fish', 'sword#fish', 'dXNlcjpzd29yZCNmaXNo', 'other:open#sesame', 'open#sesame']) {
    expect(secrets).toContain(secret);
  }
  expect(proxySecrets({ HTTPS_PROXY: proxy })).toEqual([]);
});
