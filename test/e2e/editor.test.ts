import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseFile } from '../../src/core/load/parse-file.ts';
import { startEditor } from './editor.ts';
import type { Editor } from './editor.ts';
import { root } from './program.ts';

/** The schema comment at the beginning of files in `services/`. */
let editor: Editor;
beforeAll(async () => {
  editor = await startEditor(join(root, 'services'));
  return editor.close;
});

const SERVICE = '# yaml-language-server: $schema=../config/service.schema.json';
const CONFIG = '# yaml-language-server: $schema=../config/config.schema.json';

const declaration = `${SERVICE}
service_id: 0191e3a4-5b6c-7d8e-9f00-112233445566
name: orders-db
type: tcp
tcp_port: 5432
host:
  hostname: orders.internal
  resolver_network:
    tunnel_id: 0191dce4-9ab4-7fce-b660-8e5dec5172da
`;

/** The declaration above with one replacement. */
function edited(from: string, to: string): string {
  expect(declaration).toContain(from);
  return declaration.replace(from, to);
}

const samples = [
  ...readdirSync(join(root, 'services'), { recursive: true, encoding: 'utf8' }).map((name) => `services/${name}`),
  ...['default.yaml', 'demo.yaml'].map((name) => `config/${name}`),
].filter((name) => name.endsWith('.yaml'));

test.concurrent.for(samples)(
  '%s names its schema in its first line, and nothing in it is underlined',
  async (name, { expect }) => {
    const text = readFileSync(join(root, name), 'utf8');
    const up = '../'.repeat(name.split('/').length - 1);
    const schema = name.startsWith('config/') ? 'config.schema.json' : `${up}config/service.schema.json`;
    // An editor applies the comment only to the first document.
    for (const document of text.split('---\n')) {
      expect(document.split('\n', 1)).toEqual([`# yaml-language-server: $schema=${schema}`]);
    }
    expect(await editor.problems(text, join(root, name))).toEqual([]);
  },
);

test.concurrent.for(['---', '---\n---', '~', 'null', '---\n# nothing', '--- !!null'])(
  'an editor and validate accept the empty document %j',
  async (text, { expect }) => {
    expect(await editor.problems(`${SERVICE}\n${text}\n`)).toEqual([]);
    expect(parseFile('a.yaml', `${SERVICE}\n${text}\n`)).toEqual({
      file: 'a.yaml',
      declarations: [],
      tombstones: [],
      skipped: [],
      problems: [],
    });
  },
);

describe('an editor underlines a problem in a declaration, with the expected value:', () => {
  test.concurrent.for<readonly [slip: string, from: string, to: string, ...told: string[]]>([
    ['a port too high', '5432', '80000', '5:11–16 Value is above the maximum of 65535.'],
    ['a port in quotes', '5432', '"5432"', '5:11–17 Expected a port, a whole number from 1 to 65535'],
    ['a misspelt type', 'type: tcp', 'type: htp', '4:7–10 Expected http or tcp'],
    ['an unknown key', 'name: orders-db', 'name: orders-db\nnmae: x', '4:1–5 Property nmae is not allowed.'],
    ['no port of tcp', 'tcp_port: 5432\n', '', '2:1–2 Missing property "tcp_port".'],
    ['no type', 'type: tcp\n', '', '2:1–2 Missing property "type".'],
    [
      'a port of the other type',
      'tcp_port: 5432',
      'tcp_port: 5432\nhttp_port: 80',
      '6:12–14 Only type http has this field; remove it or change the type',
    ],
    [
      'a host name with a scheme',
      'orders.internal',
      'https://orders.internal',
      '7:13–36 Expected a bare host name such as orders.internal: labels of 1–63 letters (a–z), digits, - and _, joined by dots; no scheme, port, path or address',
    ],
    [
      'an address beside a host name',
      'hostname: orders.internal',
      'hostname: orders.internal\n  ipv4: 10.0.0.1',
      '8:9–17 A host has either addresses (ipv4, ipv6) or a hostname, not both; remove one of them',
    ],
    [
      'no address',
      'hostname: orders.internal',
      'hostname:',
      '7:12–12 No address: give ipv4 and/or ipv6 with network, or hostname with resolver_network',
    ],
    [
      'the network of the other shape',
      'hostname: orders.internal',
      'ipv4: 10.0.0.1',
      '6:1–5 Missing property "network".',
      '9:5–1 resolver_network goes with hostname; ipv4 and ipv6 take network',
    ],
    [
      'a host that is an address',
      'host:\n  hostname: orders.internal\n  resolver_network:\n    tunnel_id: 0191dce4-9ab4-7fce-b660-8e5dec5172da',
      'host: 10.0.0.1',
      '6:7–15 Expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network',
    ],
    [
      'a CA with disabled',
      'host:',
      'tls_settings:\n  cert_verification_mode: disabled\n  certificate_authority: 0d1f6f5e-8a55-4b0e-9d0a-2f1c5a7e9b33\nhost:',
      '8:26–62 Has no effect with cert_verification_mode disabled; remove one of them',
    ],
    [
      'a slip in the second service of a file, which has the line of its own',
      declaration,
      `${declaration}---\n${declaration.replace('5432', '0')}`,
      '15:11–12 Value is below the minimum of 1.',
    ],
  ])('%s', async ([, from, to, ...told], { expect }) => {
    expect(await editor.problems(edited(from, to))).toEqual(told);
  });
});

test.concurrent.for([
  ['interval: 5', '2:11–12 Expected a duration such as 500ms, 2s, 5m or 1h, at most 480h'],
  ['rescan: 0', '2:9–10 Expected a duration such as 500ms, 2s, 5m or 1h, at most 480h, and above zero'],
  ['mode: aply', '2:7–11 Expected apply or detect'],
  ['concurrency: 101', '2:14–17 Value is above the maximum of 100.'],
  ['intervall: 5m', '2:1–10 Property intervall is not allowed.'],
  ['request_budget: 10', '2:17–19 Expected requests per duration, one or more, such as 1100/5m, 150/1s'],
  ['- interval', '2:1–11 Expected one mapping of settings, such as "interval: 5m"'],
] as const)('an editor underlines a problem in the settings: %s', async ([line, told], { expect }) => {
  expect(await editor.problems(`${CONFIG}\n${line}`)).toEqual([told]);
});

/** The names of the completions that are fields, each with a description. One more completion is a template with all required fields. */
const offered = async (text: string) => {
  const offers = await editor.offers(`${SERVICE}\n${text}`);
  for (const [name, words] of offers) expect(`${name}: ${words}`).toMatch(/: .*\w/s);
  return [...offers.keys()].filter((name) => /^[a-z0-9_]+$/.test(name)).toSorted();
};

describe('an editor completes', () => {
  test('every field of either type, with its description, in an empty file', async () => {
    expect(await offered('|')).toEqual([
      'app_protocol',
      'host',
      'http_port',
      'https_port',
      'name',
      'reconcile',
      'service_id',
      'tcp_port',
      'tls_settings',
      'type',
    ]);
    const offers = await editor.offers(`${SERVICE}\n|`);
    expect(offers.get('http_port')).toContain('Without https_port, only plain HTTP is allowed.');
  });

  test('only the fields of the type, after the type is set', async () => {
    expect(await offered('type: http\n|')).toEqual([
      'host',
      'http_port',
      'https_port',
      'name',
      'reconcile',
      'service_id',
      'tls_settings',
    ]);
    expect(await offered('type: tcp\n|')).toEqual([
      'app_protocol',
      'host',
      'name',
      'reconcile',
      'service_id',
      'tcp_port',
      'tls_settings',
    ]);
  });

  test('the fields of a host, and only those of its form after that is clear', async () => {
    expect(await offered('host:\n  |')).toEqual(['hostname', 'ipv4', 'ipv6', 'network', 'resolver_network']);
    expect(await offered('host:\n  hostname: a\n  |')).toEqual(['resolver_network']);
    expect(await offered('host:\n  ipv4: 10.0.0.1\n  |')).toEqual(['ipv6', 'network']);
  });

  test('the values of a field, with their descriptions', async () => {
    expect([...(await editor.offers(`${SERVICE}\ntype: |`))]).toEqual([
      ['http', 'HTTP and HTTPS, with http_port and https_port.'],
      ['tcp', 'Any TCP protocol, with tcp_port and app_protocol.'],
    ]);
    expect([...(await editor.offers(`${CONFIG}\nmode: |`)).keys()]).toEqual(
      expect.arrayContaining(['apply', 'detect']),
    );
  });

  test('every setting', async () => {
    const offers = await editor.offers(`${CONFIG}\n|`);
    expect(offers.get('request_timeout')).toContain(
      'Timeout of one request. Default: 30s. Environment: VPC_RECONCILER_REQUEST_TIMEOUT. Flag: --request-timeout.',
    );
  });
});

test.for([
  ['type: http\nhttp_po|rt: 80', '#### HTTP port\n\nThe port of plain HTTP.', '```yaml\n8080\n```'],
  ['host:\n  host|name: a', '#### Host name\n\nThe host name, resolved', 'orders.internal'],
  ['ho|st:\n  ipv4: 10.0.0.1', '#### Host\n\nWhere the service is:', 'ipv4: 10.0.0.12'],
] as const)('an editor describes the field below the pointer: %s', async ([text, ...shown]) => {
  const hover = await editor.shows(`${SERVICE}\n${text}`);
  for (const words of shown) expect(hover).toContain(words);
});
