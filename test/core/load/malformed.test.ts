import { expect, test } from 'vitest';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { renderProblem } from '../../../src/core/load/problem.ts';

/*
 * Common mistakes, and the exact messages that explain them. Read the messages as the person who made the mistake: each one must say
 * what to do.
 */

const T = '0191dce4-9ab4-7fce-b660-8e5dec5172da';
const ID = '0191e3a4-5b6c-7d8e-9f00-112233445566';
const OTHER = '0191e3a4-5b6c-7d8e-9f00-112233445577';

const good = `service_id: ${ID}
name: orders-db
type: tcp
tcp_port: 5432
host:
  hostname: orders.internal
  resolver_network:
    tunnel_id: ${T}
`;

const json = `{
  "service_id": "${ID}",
  "name": "orders-db",
  "type": "tcp",
  "tcp_port": 5432,
  "host": {
    "ipv4": "10.0.0.12",
    "network": { "tunnel_id": "${T}" }
  }
}
`;

type Edit = readonly [from: string, to: string];

const edit =
  (whole: string) =>
  (...edits: readonly Edit[]) =>
    edits.reduce((text, [from, to]) => {
      expect(text).toContain(from);
      return text.replace(from, () => to);
    }, whole);

const before = (key: string) => good.slice(0, good.indexOf(key));
/** Edits of the declaration above: `e` as it is, `a` with an address instead of a host name, `j` in JSON. */
const e = edit(good);
const a = edit(`${before('host:')}host:\n  ipv4: 10.0.0.12\n  network:\n    tunnel_id: ${T}\n`);
const j = edit(json);

test.for<{ readonly mistake: string; readonly text: string; readonly expected: readonly string[] }>([
  {
    mistake: 'a tab in the indentation',
    text: e(['  hostname', '\thostname']),
    expected: ['6:1 not valid YAML: found a tab in the indentation; use spaces'],
  },
  {
    mistake: 'tabs in several lines',
    text: e(['  hostname', '\thostname'], ['  resolver_network', '\tresolver_network'], ['    tunnel', '\t\ttunnel']),
    expected: [
      '6:1 not valid YAML: found a tab in the indentation; use spaces',
      '7:1 not valid YAML: found a tab in the indentation; use spaces',
      '8:1 not valid YAML: found a tab in the indentation; use spaces',
    ],
  },
  {
    mistake: 'a tab after spaces',
    text: e(['    tunnel', '  \ttunnel']),
    expected: ['8:3 not valid YAML: found a tab in the indentation; use spaces'],
  },
  {
    mistake: 'a line that is indented too little',
    text: e(['  resolver_network', ' resolver_network']),
    expected: [
      '7:1 not valid YAML: this line is not aligned with the keys or items that it belongs with; correct its indentation',
    ],
  },
  {
    mistake: 'a line that is indented too far',
    text: e(['  resolver_network', '   resolver_network']),
    expected: [
      '7:4 not valid YAML: this line is indented further than the line above it, which already has a value; align it with that line',
    ],
  },
  {
    mistake: 'a second line that is indented',
    text: e(['name:', '  name:']),
    expected: [
      '2:3 not valid YAML: this line is indented further than the line above it, which already has a value; align it with that line',
    ],
  },
  {
    mistake: 'a third line that is indented',
    text: e(['type:', ' type:']),
    expected: [
      '3:2 not valid YAML: this line is indented further than the line above it, which already has a value; align it with that line',
    ],
  },
  {
    mistake: 'a field next to the mapping that it belongs in',
    text: e(['    tunnel', '  tunnel']),
    expected: ['8:3 host.tunnel_id: unknown key "tunnel_id" here; it belongs under host.resolver_network'],
  },
  {
    mistake: 'the fields of a mapping without indentation',
    text: e(['  hostname', 'hostname'], ['  resolver', 'resolver'], ['    tunnel', '  tunnel']),
    expected: [
      '6:1 hostname: unknown key "hostname" here; it belongs under host',
      '7:1 resolver_network: unknown key "resolver_network" here; it belongs under host',
    ],
  },
  {
    mistake: 'a first line that is indented',
    text: ' ' + good,
    expected: [
      '2:1 not valid YAML: this line is indented less than the first line; align the top-level keys of a service',
    ],
  },
  {
    mistake: 'a key without a colon',
    text: e(['tcp_port: 5432', 'tcp_port 5432']),
    expected: ['4:1 not valid YAML: expected "key: value", found no colon followed by a space; write tcp_port: 5432'],
  },
  {
    mistake: 'a last key without a colon',
    text: e([`tunnel_id: ${T}`, `tunnel_id ${T}`]),
    expected: [
      '8:5 host.resolver_network: expected a mapping with tunnel_id and, optionally, resolver_ips, found "tunnel_id 0191dce4-9ab4-7fce-b660-8e5dec5172da"; add a colon and a space after tunnel_id',
    ],
  },
  {
    mistake: 'the key of a mapping without a colon',
    text: e(['host:', 'host']),
    expected: [
      '5:1 not valid YAML: expected "key: value", found no colon followed by a space',
      '7:3 not valid YAML: this line is indented further than the line above it, which already has a value; align it with that line',
    ],
  },
  {
    mistake: 'a first key without a colon',
    text: e(['service_id:', 'service_id']),
    expected: [
      '1:1 not valid YAML: expected "key: value", found no colon followed by a space; write service_id: 0191e3a4-5b6c-7d8e-9f00-112233445566',
    ],
  },
  {
    mistake: 'a colon without a space',
    text: e(['tcp_port: 5432', 'tcp_port:5432']),
    expected: ['4:1 not valid YAML: expected "key: value", found no colon followed by a space; write tcp_port: 5432'],
  },
  {
    mistake: 'a colon without a space in a nested line',
    text: e(['hostname: orders', 'hostname:orders']),
    expected: [
      '6:3 not valid YAML: expected "key: value", found no colon followed by a space; write hostname: orders.internal',
    ],
  },
  {
    mistake: 'all colons without a space',
    text: good.replaceAll(': ', ':'),
    expected: [
      '1:1 not valid YAML: expected "key: value", found no colon followed by a space; write service_id: 0191e3a4-5b6c-7d8e-9f00-112233445566',
      '6:3 not valid YAML: expected "key: value", found no colon followed by a space; write hostname: orders.internal',
    ],
  },
  {
    mistake: 'an equals sign instead of a colon',
    text: e(['tcp_port: 5432', 'tcp_port = 5432']),
    expected: ['4:1 not valid YAML: expected "key: value", found no colon followed by a space; write tcp_port: 5432'],
  },
  {
    mistake: 'two colons',
    text: e(['tcp_port: 5432', 'tcp_port:: 5432']),
    expected: ['4:1 tcp_port:: unknown key "tcp_port:"; did you mean "tcp_port"?'],
  },
  {
    mistake: 'a semicolon after a value',
    text: e(['tcp_port: 5432', 'tcp_port: 5432;']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "5432;"; write 5432'],
  },
  {
    mistake: 'a comma after a value',
    text: e(['tcp_port: 5432', 'tcp_port: 5432,']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "5432,"; write 5432'],
  },
  {
    mistake: 'a double quote that is not closed',
    text: e(['name: orders-db', 'name: "orders-db']),
    expected: ['2:7 not valid YAML: this " is never closed; add a closing " after the text'],
  },
  {
    mistake: 'a double quote that is not closed on the last line',
    text: e([`tunnel_id: ${T}`, `tunnel_id: "${T}`]),
    expected: ['8:16 not valid YAML: this " is never closed; add a closing " after the text'],
  },
  {
    mistake: 'a single quote that is not closed',
    text: e(['name: orders-db', "name: 'orders-db"]),
    expected: ["2:7 not valid YAML: this ' is never closed; add a closing ' after the text"],
  },
  {
    mistake: 'a double quote that is not closed before another quoted text',
    text: e(['name: orders-db', 'name: "orders-db'], ['hostname: orders.internal', 'hostname: "orders.internal"']),
    expected: ['2:7 not valid YAML: this " is never closed; add a closing " after the text'],
  },
  {
    mistake: 'a double quote that is closed by a single quote',
    text: e(['name: orders-db', `name: "orders-db'`]),
    expected: ['2:7 not valid YAML: this " is never closed; add a closing " after the text'],
  },
  {
    mistake: 'a port in curly quotes',
    text: e(['5432', `“5432”`]),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "“5432”"; write 5432'],
  },
  {
    mistake: 'text after a quoted text',
    text: e(['name: orders-db', `name: "orders"-db`]),
    expected: ['2:15 not valid YAML: found more text after the end of a value; put the whole value in quotes'],
  },
  {
    mistake: 'an apostrophe in single quotes',
    text: e(['name: orders-db', `name: 'tom's db'`]),
    expected: ["2:12 not valid YAML: found more text after the closing '; put the whole value in double quotes"],
  },
  {
    mistake: 'a backslash in double quotes',
    text: e(['name: orders-db', `name: "orders\\db"`]),
    expected: ['2:14 not valid YAML: \\d is not an escape sequence; use single quotes, or write \\\\ for a backslash'],
  },
  {
    mistake: 'a bracket that is not closed at the end',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: [10.0.0.53`]),
    expected: ['9:19 not valid YAML: this [ is never closed; add the missing ]'],
  },
  {
    mistake: 'a bracket that is not closed in the middle',
    text: e([`    tunnel_id: ${T}`, `    resolver_ips: [10.0.0.53\n    tunnel_id: ${T}`]),
    expected: ['8:19 not valid YAML: this [ is never closed; add the missing ]'],
  },
  {
    mistake: 'a bracket that is closed by a parenthesis',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: [10.0.0.53)`]),
    expected: ['9:19 not valid YAML: this [ is never closed; add the missing ]'],
  },
  {
    mistake: 'a bracket that is closed by a brace',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: [10.0.0.53}`]),
    expected: ['9:29 not valid YAML: expected a closing ], found }'],
  },
  {
    mistake: 'a closing bracket too many',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: [10.0.0.53]]`]),
    expected: ['9:30 not valid YAML: found a closing bracket without an opening bracket; remove it'],
  },
  {
    mistake: 'a list of one service',
    text: '- ' + good.replaceAll('\n', '\n  ').trimEnd() + '\n',
    expected: ['1:1 expected a mapping that declares one service, found a list; separate services with a line of ---'],
  },
  {
    mistake: 'services in a list under a key',
    text: 'services:\n  - ' + good.replaceAll('\n', '\n    ').trimEnd() + '\n',
    expected: [
      '1:1 services: expected a service at the top level, found a list under "services"; write each service as a document of its own, separated by a line of ---',
    ],
  },
  {
    mistake: 'a service under its name',
    text: 'orders-db:\n  ' + good.replaceAll('\n', '\n  ').trimEnd() + '\n',
    expected: [
      '1:1 orders-db: expected a service at the top level, found one under "orders-db"; move its fields to the top level',
    ],
  },
  {
    mistake: 'a Kubernetes object',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  a: b\n',
    expected: [
      '1:1 expected a service (service_id, name, type, host …), found a Kubernetes object; if it is not a declaration, move the file out of the folder or list it in "exclude"',
    ],
  },
  {
    mistake: 'Terraform in JSON',
    text: '{"resource": {"cloudflare_workers_vpc": {}}}',
    expected: [
      '1:1 expected a service (service_id, name, type, host …), found the key "resource"; if it is not a declaration, move the file out of the folder or list it in "exclude"',
    ],
  },
  {
    mistake: 'a response of the API',
    text: `{"success": true, "errors": [], "messages": [], "result": ${json}}`,
    expected: [
      '1:49 result: expected a service at the top level, found one under "result"; move its fields to the top level',
    ],
  },
  {
    mistake: 'a response of the API with a list',
    text: `{"success": true, "errors": [], "messages": [], "result": [${json}]}`,
    expected: [
      '1:49 result: expected a service at the top level, found a list under "result"; write each service as a document of its own, separated by a line of ---',
    ],
  },
  {
    mistake: 'a list item between keys',
    text: e(['name:', '- name:']),
    expected: [
      '2:1 not valid YAML: found a list item ("- ") in the wrong place; begin a list on the line after its key, or remove the "-"',
    ],
  },
  {
    mistake: 'a list and keys in one mapping',
    text: e(['resolver_network:\n', 'resolver_network:\n    - resolver_ips\n']),
    expected: [
      '9:1 not valid YAML: this line is not aligned with the keys or items that it belongs with; correct its indentation',
    ],
  },
  {
    mistake: 'a list item without a space after the dash',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips:\n      -10.0.0.53`]),
    expected: [
      '10:7 host.resolver_network.resolver_ips: expected a list of addresses such as [10.0.0.53], found "-10.0.0.53"; add a space after the "-"',
    ],
  },
  {
    mistake: 'resolvers separated by commas',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: 10.0.0.53, 10.0.0.54`]),
    expected: [
      '9:19 host.resolver_network.resolver_ips: expected a list of addresses such as [10.0.0.53], found "10.0.0.53, 10.0.0.54"; write [10.0.0.53, 10.0.0.54]',
    ],
  },
  {
    mistake: 'a resolver instead of a list',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: 10.0.0.53`]),
    expected: [
      '9:19 host.resolver_network.resolver_ips: expected a list of addresses such as [10.0.0.53], found "10.0.0.53"; write [10.0.0.53]',
    ],
  },
  {
    mistake: 'a mapping of resolvers',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: {a: 10.0.0.53}`]),
    expected: [
      '9:19 host.resolver_network.resolver_ips: expected a list of addresses such as [10.0.0.53], found a mapping',
    ],
  },
  {
    mistake: 'a resolver that is a name',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: [dns.internal]`]),
    expected: [
      '9:20 host.resolver_network.resolver_ips[0]: expected an IPv4 or IPv6 address such as 10.0.0.53, found "dns.internal"; write the address of the resolver, not its name',
    ],
  },
  {
    mistake: 'a resolver with a port',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: ["10.0.0.53:53"]`]),
    expected: [
      '9:20 host.resolver_network.resolver_ips[0]: expected an IPv4 or IPv6 address such as 10.0.0.53, found "10.0.0.53:53"; remove the port',
    ],
  },
  {
    mistake: 'a resolver with a prefix length',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: [10.0.0.0/24]`]),
    expected: [
      '9:20 host.resolver_network.resolver_ips[0]: expected an IPv4 or IPv6 address such as 10.0.0.53, found "10.0.0.0/24"; write a single address, without /24',
    ],
  },
  {
    mistake: 'a resolver that is null',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: [null]`]),
    expected: [
      '9:20 host.resolver_network.resolver_ips[0]: expected an IPv4 or IPv6 address such as 10.0.0.53, found nothing',
    ],
  },
  {
    mistake: 'a resolver that is a number',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: [10.0]`]),
    expected: [
      '9:20 host.resolver_network.resolver_ips[0]: expected an IPv4 or IPv6 address such as 10.0.0.53, found 10.0; write 4 numbers separated by dots, not 2',
    ],
  },
  {
    mistake: 'a duplicate key',
    text: e(['type: tcp', 'type: tcp\nname: b']),
    expected: ['4:1 name: duplicate key "name", first used at line 2; keep one of them'],
  },
  {
    mistake: 'a duplicate key in a nested mapping',
    text: e(['  hostname: orders.internal', '  hostname: orders.internal\n  hostname: b.internal']),
    expected: ['7:3 host.hostname: duplicate key "hostname", first used at line 6; keep one of them'],
  },
  {
    mistake: 'YAML 1.1',
    text: '%YAML 1.1\n---\n' + good,
    expected: ['1:1 expected YAML 1.2, found the directive "%YAML 1.1"; remove the line'],
  },
  {
    mistake: 'a directive without ---',
    text: '%YAML 1.2\n' + good,
    expected: ['2:1 not valid YAML: expected a line of --- after the directive'],
  },
  {
    mistake: 'a TAG directive',
    text: '%TAG ! x\n---\n' + good,
    expected: ['1:1 expected YAML 1.2, found the directive "%TAG ! x"; remove the line'],
  },
  {
    mistake: 'an alias without an anchor',
    text: e([T, '*tunnel']),
    expected: [
      '8:16 host.resolver_network.tunnel_id: found the alias "*tunnel", but no anchor "&tunnel" above it; put it in quotes if it is text',
    ],
  },
  {
    mistake: 'two anchors on one value',
    text: e([T, '&a &b ' + T]),
    expected: ['8:19 not valid YAML: found two anchors on one value; remove one of them'],
  },
  {
    mistake: 'an alias of a mapping that contains it',
    text: e(['host:', 'host: &h'], [T, '*h']),
    expected: [
      '8:16 host.resolver_network.tunnel_id: found the alias "*h" inside the value that it refers to; write the value itself',
    ],
  },
  {
    mistake: 'an alias of an anchor in another document',
    text: 'x: &t ' + T + '\n---\n' + e([T, '*t']),
    expected: [
      '10:16 host.resolver_network.tunnel_id: found the alias "*t", but no anchor "&t" above it; put it in quotes if it is text',
    ],
  },
  {
    mistake: 'a merge key',
    text: e(['host:', '<<: {a: b}\nhost:']),
    expected: ['5:1 <<: unknown key "<<"; YAML 1.2 has no merge keys, so write the fields out'],
  },
  {
    mistake: 'a merge key with a list',
    text: e(['  hostname', '  <<: [{a: b}]\n  hostname']),
    expected: ['6:3 host.<<: unknown key "<<"; YAML 1.2 has no merge keys, so write the fields out'],
  },
  {
    mistake: 'an unknown tag',
    text: e(['5432', '!port 5432']),
    expected: ['4:11 not valid YAML: unknown tag "!port"; remove it, or put the whole value in quotes'],
  },
  {
    mistake: 'an environment variable',
    text: e(['5432', '${PORT}']),
    expected: [
      '4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "${PORT}"; define it in a file of "values", or write the actual value',
    ],
  },
  {
    mistake: 'a template of Helm',
    text: e(['5432', '{{ .Values.port }}']),
    expected: ['4:12 not valid YAML: found a template ("{{"); templates are not filled in, so write the actual value'],
  },
  {
    mistake: 'a template of Jinja',
    text: e(['name: orders-db', 'name: {% if x %}']),
    expected: ['2:8 not valid YAML: a value that begins with % must be in quotes; add quotes'],
  },
  {
    mistake: 'a value that begins with %',
    text: e(['name: orders-db', 'name: %orders']),
    expected: ['2:7 not valid YAML: a value that begins with % must be in quotes; add quotes'],
  },
  {
    mistake: 'a value that begins with @',
    text: e(['name: orders-db', 'name: @orders']),
    expected: ['2:7 not valid YAML: a value that begins with @ must be in quotes; add quotes'],
  },
  {
    mistake: 'a value that begins with a backtick',
    text: e(['name: orders-db', 'name: `orders`']),
    expected: ['2:7 not valid YAML: a value that begins with ` must be in quotes; add quotes'],
  },
  {
    mistake: 'a wildcard as the host name',
    text: e(['orders.internal', '*.orders.internal']),
    expected: [
      '6:13 host.hostname: found the alias "*.orders.internal", but no anchor "&.orders.internal" above it; put it in quotes if it is text',
    ],
  },
  {
    mistake: 'a wildcard in quotes as the host name',
    text: e(['orders.internal', '"*.orders.internal"']),
    expected: [
      '6:13 host.hostname: expected one host name, without * (a service is one host), found "*.orders.internal"',
    ],
  },
  {
    mistake: 'a value that begins with !',
    text: e(['name: orders-db', 'name: !orders']),
    expected: ['2:7 not valid YAML: unknown tag "!orders"; remove it, or put the whole value in quotes'],
  },
  {
    mistake: 'a value that begins with &',
    text: e(['name: orders-db', 'name: &orders']),
    expected: ['2:1 name: expected a name, found nothing'],
  },
  {
    mistake: 'a value that begins with >',
    text: e(['name: orders-db', 'name: > orders']),
    expected: [
      '2:9 not valid YAML: expected nothing after | or > on its line, found "orders"; begin the text on the next line, or put all of it in quotes',
    ],
  },
  {
    mistake: 'a value that begins with |',
    text: e(['name: orders-db', 'name: |orders']),
    expected: [
      '2:8 not valid YAML: expected nothing after | or > on its line, found "orders"; begin the text on the next line, or put all of it in quotes',
    ],
  },
  {
    mistake: 'a value that begins with #',
    text: e(['name: orders-db', 'name: #orders']),
    expected: ['2:1 name: expected a name, found nothing'],
  },
  {
    mistake: 'a port in quotes',
    text: e(['5432', '"5432"']),
    expected: [
      '4:11 tcp_port: expected a port, a whole number from 1 to 65535, found the text "5432"; remove the quotes',
    ],
  },
  {
    mistake: 'a port that is a word',
    text: e(['5432', 'postgres']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "postgres"'],
  },
  {
    mistake: 'port 0',
    text: e(['5432', '0']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found 0'],
  },
  {
    mistake: 'port 65536',
    text: e(['5432', '65536']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found 65536'],
  },
  {
    mistake: 'a negative port',
    text: e(['5432', '-5432']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found -5432'],
  },
  {
    mistake: 'a port with a decimal point',
    text: e(['5432', '5432.5']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found 5432.5'],
  },
  {
    mistake: 'a port with a protocol',
    text: e(['5432', '5432/tcp']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "5432/tcp"; write 5432'],
  },
  {
    mistake: 'a port after a colon',
    text: e(['5432', '":5432"']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found ":5432"; write 5432'],
  },
  {
    mistake: 'a pair of ports',
    text: e(['5432', '5432:5432']),
    expected: [
      '4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "5432:5432"; write the one port on which the service listens',
    ],
  },
  {
    mistake: 'a range of ports',
    text: e(['5432', '5432-5440']),
    expected: [
      '4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "5432-5440"; write the one port on which the service listens',
    ],
  },
  {
    mistake: 'a list of ports',
    text: e(['5432', '[5432, 5433]']),
    expected: [
      '4:11 tcp_port: expected a port, a whole number from 1 to 65535, found a list; write the one port on which the service listens',
    ],
  },
  {
    mistake: 'a port that is yes',
    text: e(['5432', 'yes']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "yes"'],
  },
  {
    mistake: 'a port that is true',
    text: e(['5432', 'true']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found true'],
  },
  {
    mistake: 'a port that is null',
    text: e(['5432', 'null']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found nothing'],
  },
  {
    mistake: 'a port that is a tilde',
    text: e(['5432', '~']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found nothing'],
  },
  {
    mistake: 'a port without a value',
    text: e([' 5432', '']),
    expected: ['4:1 tcp_port: expected a port, a whole number from 1 to 65535, found nothing'],
  },
  {
    mistake: 'a port with an underscore',
    text: e(['5432', '5_432']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "5_432"; write 5432'],
  },
  {
    mistake: 'a port with a thousands separator',
    text: e(['5432', '5,432']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "5,432"; write 5432'],
  },
  {
    mistake: 'no port',
    text: e(['tcp_port: 5432\n', '']),
    expected: ['1:1 tcp_port: missing; expected a port, a whole number from 1 to 65535'],
  },
  {
    mistake: 'a TCP port of an HTTP service',
    text: e(['type: tcp', 'type: http']),
    expected: ['4:11 tcp_port: only type tcp has this field; remove it or change the type'],
  },
  {
    mistake: 'an HTTP port of a TCP service',
    text: e(['tcp_port:', 'http_port:']),
    expected: [
      '1:1 tcp_port: missing; expected a port, a whole number from 1 to 65535',
      '4:12 http_port: only type http has this field; remove it or change the type',
    ],
  },
  {
    mistake: 'a port without its protocol in the key',
    text: e(['tcp_port:', 'port:']),
    expected: ['4:1 port: unknown key "port"; did you mean "tcp_port"?'],
  },
  {
    mistake: 'an address and a host name',
    text: e(['  hostname', '  ipv4: 10.0.0.1\n  hostname']),
    expected: [
      '7:13 host.hostname: a host has either addresses (ipv4, ipv6) or a hostname, not both; remove one of them',
    ],
  },
  {
    mistake: 'a host name as the host',
    text: before('host:') + 'host: orders.internal\n',
    expected: [
      '5:7 host: expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network, found "orders.internal"; write "hostname: orders.internal" under host, with resolver_network',
    ],
  },
  {
    mistake: 'a list as the host',
    text: before('host:') + 'host:\n  - hostname: orders.internal\n',
    expected: [
      '6:3 host: expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network, found a list; remove the "-", because a service has one host',
    ],
  },
  {
    mistake: 'no value for the host',
    text: before('host:') + 'host:\n',
    expected: [
      '5:1 host: expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network, found nothing',
    ],
  },
  {
    mistake: 'no host',
    text: before('host:'),
    expected: [
      '1:1 host: missing; expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network',
    ],
  },
  {
    mistake: 'a host name at the top level',
    text: before('host:') + `hostname: orders.internal\nresolver_network:\n  tunnel_id: ${T}\n`,
    expected: [
      '5:1 hostname: unknown key "hostname" here; it belongs under host',
      '6:1 resolver_network: unknown key "resolver_network" here; it belongs under host',
    ],
  },
  {
    mistake: 'a tunnel directly under the host',
    text: before('  resolver_network:') + `  tunnel_id: ${T}\n`,
    expected: [
      '7:3 host.tunnel_id: unknown key "tunnel_id" here; it belongs under host.network or under host.resolver_network',
    ],
  },
  {
    mistake: 'a tunnel id as the network',
    text: before('  resolver_network:') + `  resolver_network: ${T}\n`,
    expected: [
      '7:21 host.resolver_network: expected a mapping with tunnel_id and, optionally, resolver_ips, found "0191dce4-9ab4-7fce-b660-8e5dec5172da"; write "tunnel_id: 0191dce4-9ab4-7fce-b660-8e5dec5172da" under host.resolver_network',
    ],
  },
  {
    mistake: 'a network without a tunnel',
    text: before('    tunnel_id'),
    expected: ['7:3 host.resolver_network: empty; a hostname needs resolver_network with a tunnel_id'],
  },
  {
    mistake: 'a host name without a network',
    text: before('  resolver_network:'),
    expected: ['6:3 host: resolver_network is missing; a hostname needs resolver_network with a tunnel_id'],
  },
  {
    mistake: 'a host name with the network of an address',
    text: e(['resolver_network', 'network']),
    expected: ['7:3 host.network: network goes with ipv4 and ipv6; a hostname takes resolver_network'],
  },
  {
    mistake: 'an address with the network of a host name',
    text: a(['network', 'resolver_network']),
    expected: ['7:3 host.resolver_network: resolver_network goes with hostname; ipv4 and ipv6 take network'],
  },
  {
    mistake: 'a host name with a scheme',
    text: e(['orders.internal', 'https://orders.internal']),
    expected: [
      '6:13 host.hostname: expected a bare host name without a scheme (the port fields select the scheme), found "https://orders.internal"',
    ],
  },
  {
    mistake: 'a host name with a port',
    text: e(['orders.internal', 'orders.internal:5432']),
    expected: [
      '6:13 host.hostname: expected a bare host name without a port (use http_port, https_port or tcp_port), found "orders.internal:5432"',
    ],
  },
  {
    mistake: 'a host name with a path',
    text: e(['orders.internal', 'orders.internal/db']),
    expected: ['6:13 host.hostname: expected a bare host name without a path, found "orders.internal/db"'],
  },
  {
    mistake: 'a host name with a space inside',
    text: e(['orders.internal', 'orders internal']),
    expected: ['6:13 host.hostname: expected a host name without spaces, found "orders internal"'],
  },
  {
    mistake: 'a host name with a space before it',
    text: e(['orders.internal', '" orders.internal"']),
    expected: ['6:13 host.hostname: expected a host name without spaces, found " orders.internal"'],
  },
  {
    mistake: 'a host name with a user',
    text: e(['orders.internal', 'user@orders.internal']),
    expected: ['6:13 host.hostname: expected a bare host name without a user, found "user@orders.internal"'],
  },
  {
    mistake: 'a host name with two dots in a row',
    text: e(['orders.internal', 'orders..internal']),
    expected: [
      '6:13 host.hostname: expected a host name without empty parts between its dots, found "orders..internal"',
    ],
  },
  {
    mistake: 'a host name with a dot before it',
    text: e(['orders.internal', '.orders.internal']),
    expected: [
      '6:13 host.hostname: expected a host name without empty parts between its dots, found ".orders.internal"',
    ],
  },
  {
    mistake: 'a host name with an umlaut',
    text: e(['orders.internal', 'bücher.internal']),
    expected: [
      '6:13 host.hostname: expected a host name of ASCII letters (write other letters as xn--…), found "bücher.internal"',
    ],
  },
  {
    mistake: 'a host name that is an IPv4 address',
    text: e(['orders.internal', '10.0.0.12']),
    expected: ['6:13 host.hostname: expected a host name (an address goes into host.ipv4), found "10.0.0.12"'],
  },
  {
    mistake: 'a host name that is an IPv6 address',
    text: e(['orders.internal', 'fd00::12']),
    expected: ['6:13 host.hostname: expected a host name (an address goes into host.ipv6), found "fd00::12"'],
  },
  {
    mistake: 'a host name that is a number',
    text: e(['orders.internal', '42']),
    expected: [
      '6:13 host.hostname: expected a host name such as orders.internal, found 42, which YAML reads as a number; put it in quotes',
    ],
  },
  {
    mistake: 'a host name with a long label',
    text: e(['orders.internal', 'a'.repeat(64) + '.internal']),
    expected: [
      '6:13 host.hostname: expected a host name of parts of at most 63 characters, joined by dots, found "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.internal"',
    ],
  },
  {
    mistake: 'an IPv4 address with a number above 255',
    text: a(['10.0.0.12', '10.0.0.256']),
    expected: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "10.0.0.256"; 256 is greater than 255',
    ],
  },
  {
    mistake: 'an IPv4 address of three numbers',
    text: a(['10.0.0.12', '10.0.12']),
    expected: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "10.0.12"; write 4 numbers separated by dots, not 3',
    ],
  },
  {
    mistake: 'an IPv4 address of two numbers',
    text: a(['10.0.0.12', '10.0']),
    expected: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found 10.0; write 4 numbers separated by dots, not 2',
    ],
  },
  {
    mistake: 'an IPv4 address with a prefix length',
    text: a(['10.0.0.12', '10.0.0.12/32']),
    expected: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "10.0.0.12/32"; write a single address, without /32',
    ],
  },
  {
    mistake: 'an IPv4 address with a port',
    text: a(['10.0.0.12', '10.0.0.12:80']),
    expected: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "10.0.0.12:80"; write the port in http_port, https_port or tcp_port',
    ],
  },
  {
    mistake: 'an IPv4 address with a leading zero',
    text: a(['10.0.0.12', '10.0.0.012']),
    expected: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "10.0.0.012"; write 12 instead of 012',
    ],
  },
  {
    mistake: 'a host name as the IPv4 address',
    text: a(['10.0.0.12', 'orders.internal']),
    expected: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "orders.internal"; write a host name in host.hostname, with resolver_network',
    ],
  },
  {
    mistake: 'an IPv6 address as the IPv4 address',
    text: a(['10.0.0.12', 'fd00::12']),
    expected: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "fd00::12"; write an IPv6 address in host.ipv6',
    ],
  },
  {
    mistake: 'a list as the IPv4 address',
    text: a(['10.0.0.12', '[10.0.0.12]']),
    expected: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found a list; write the address itself, not a list',
    ],
  },
  {
    mistake: 'an IPv4 address as the IPv6 address',
    text: a(['ipv4: 10.0.0.12', 'ipv6: 10.0.0.12']),
    expected: [
      '6:9 host.ipv6: expected an IPv6 address such as fd00::12, found "10.0.0.12"; write an IPv4 address in host.ipv4',
    ],
  },
  {
    mistake: 'an IPv6 address in brackets and quotes',
    text: a(['ipv4: 10.0.0.12', 'ipv6: "[fd00::12]"']),
    expected: ['6:9 host.ipv6: expected an IPv6 address such as fd00::12, found "[fd00::12]"; write fd00::12'],
  },
  {
    mistake: 'an IPv6 address in brackets',
    text: a(['ipv4: 10.0.0.12', 'ipv6: [fd00::12]']),
    expected: [
      '6:9 host.ipv6: expected an IPv6 address such as fd00::12, found a list; write the address itself, not a list',
    ],
  },
  {
    mistake: 'an IPv6 address with a zone',
    text: a(['ipv4: 10.0.0.12', 'ipv6: fe80::1%eth0']),
    expected: ['6:9 host.ipv6: expected an IPv6 address such as fd00::12, found "fe80::1%eth0"; remove the zone %eth0'],
  },
  {
    mistake: 'an IPv6 address with two double colons',
    text: a(['ipv4: 10.0.0.12', 'ipv6: fd00::1::2']),
    expected: [
      '6:9 host.ipv6: expected an IPv6 address such as fd00::12, found "fd00::1::2"; "::" can appear only once',
    ],
  },
  {
    mistake: 'an IPv6 address that ends with a colon',
    text: a(['ipv4: 10.0.0.12', 'ipv6: fd00::']),
    expected: [
      '6:9 not valid YAML: found a second "key: value" on one line; put a value that contains a colon in quotes, or begin a new line',
    ],
  },
  {
    mistake: 'an IPv6 address with a prefix length',
    text: a(['ipv4: 10.0.0.12', 'ipv6: fd00::1/64']),
    expected: [
      '6:9 host.ipv6: expected an IPv6 address such as fd00::12, found "fd00::1/64"; write a single address, without /64',
    ],
  },
  {
    mistake: 'a UUID with a digit too few',
    text: e([ID, ID.slice(0, -1)]),
    expected: [
      '1:13 service_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "0191e3a4-5b6c-7d8e-9f00-11223344556"; its last group has 11 digits instead of 12',
    ],
  },
  {
    mistake: 'a UUID with a digit too many',
    text: e([ID, ID + '0']),
    expected: [
      '1:13 service_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "0191e3a4-5b6c-7d8e-9f00-1122334455660"; its last group has 13 digits instead of 12',
    ],
  },
  {
    mistake: 'a UUID with a letter that is not hexadecimal',
    text: e([ID, ID.replace('9f00', '9g00')]),
    expected: [
      '1:13 service_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "0191e3a4-5b6c-7d8e-9g00-112233445566"; "g" is not a hexadecimal digit (0 to 9, a to f)',
    ],
  },
  {
    mistake: 'a UUID with the letter O for a zero',
    text: e([ID, ID.replace('9f00', '9fOO')]),
    expected: [
      '1:13 service_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "0191e3a4-5b6c-7d8e-9fOO-112233445566"; "O" is not a hexadecimal digit (0 to 9, a to f)',
    ],
  },
  {
    mistake: 'a UUID without dashes',
    text: e([ID, ID.replaceAll('-', '')]),
    expected: [
      '1:13 service_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "0191e3a45b6c7d8e9f00112233445566"; write 0191e3a4-5b6c-7d8e-9f00-112233445566',
    ],
  },
  {
    mistake: 'a UUID in braces',
    text: e([T, `{${T}}`]),
    expected: [
      '8:16 host.resolver_network.tunnel_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found a mapping; remove the braces',
    ],
  },
  {
    mistake: 'a UUID as a URN',
    text: e([T, `urn:uuid:${T}`]),
    expected: [
      '8:16 host.resolver_network.tunnel_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "urn:uuid:0191dce4-9ab4-7fce-b660-8e5dec5172da"; write 0191dce4-9ab4-7fce-b660-8e5dec5172da',
    ],
  },
  {
    mistake: 'a UUID with a space after it',
    text: e([T, `"${T} "`]),
    expected: [
      '8:16 host.resolver_network.tunnel_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "0191dce4-9ab4-7fce-b660-8e5dec5172da "; write 0191dce4-9ab4-7fce-b660-8e5dec5172da',
    ],
  },
  {
    mistake: 'a placeholder for a UUID',
    text: e([T, `<tunnel-id>`]),
    expected: [
      '8:16 host.resolver_network.tunnel_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "<tunnel-id>"; placeholders are not filled in, so write the actual value',
    ],
  },
  {
    mistake: 'a name instead of a UUID',
    text: e([T, `my-tunnel`]),
    expected: [
      '8:16 host.resolver_network.tunnel_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "my-tunnel"; write the id, not the name',
    ],
  },
  {
    mistake: 'a number instead of a UUID',
    text: e([T, `12345678`]),
    expected: [
      '8:16 host.resolver_network.tunnel_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found 12345678',
    ],
  },
  {
    mistake: 'id instead of service_id',
    text: e(['service_id', 'id']),
    expected: ['1:1 id: unknown key "id"; did you mean "service_id"?'],
  },
  {
    mistake: 'service_id in camel case',
    text: e(['service_id', 'serviceId']),
    expected: ['1:1 serviceId: unknown key "serviceId"; did you mean "service_id"?'],
  },
  {
    mistake: 'a misspelled type',
    text: e(['type: tcp', 'type: tpc']),
    expected: ['3:7 type: expected http or tcp, found "tpc"'],
  },
  {
    mistake: 'a type in upper case',
    text: e(['type: tcp', 'type: TCP']),
    expected: ['3:7 type: expected http or tcp, found "TCP"; did you mean "tcp"?'],
  },
  {
    mistake: 'a type that is https',
    text: e(['type: tcp', 'type: https']),
    expected: ['3:7 type: expected http or tcp, found "https"; did you mean "http"?'],
  },
  {
    mistake: 'a type that is an application protocol',
    text: e(['type: tcp', 'type: postgresql']),
    expected: ['3:7 type: expected http or tcp, found "postgresql"; did you mean "tcp"?'],
  },
  {
    mistake: 'a type that is udp',
    text: e(['type: tcp', 'type: udp']),
    expected: ['3:7 type: expected http or tcp, found "udp"'],
  },
  {
    mistake: 'a list of types',
    text: e(['type: tcp', 'type: [tcp]']),
    expected: ['3:7 type: expected http or tcp, found a list'],
  },
  { mistake: 'no type', text: e(['type: tcp\n', '']), expected: ['1:1 type: missing; expected http or tcp'] },
  {
    mistake: 'a type without a value',
    text: e([' tcp', '']),
    expected: ['3:1 type: expected http or tcp, found nothing'],
  },
  {
    mistake: 'a misspelled application protocol',
    text: e(['type: tcp', 'type: tcp\napp_protocol: postgres']),
    expected: ['4:15 app_protocol: expected postgresql or mysql, found "postgres"; did you mean "postgresql"?'],
  },
  {
    mistake: 'an application protocol under another name',
    text: e(['type: tcp', 'type: tcp\napp_protocol: mariadb']),
    expected: ['4:15 app_protocol: expected postgresql or mysql, found "mariadb"; did you mean "mysql"?'],
  },
  {
    mistake: 'a mode as the TLS settings',
    text: good + 'tls_settings: verify_full\n',
    expected: [
      '9:15 tls_settings: expected a mapping with cert_verification_mode, found "verify_full"; write "cert_verification_mode: verify_full" under tls_settings',
    ],
  },
  {
    mistake: 'a mode that is none',
    text: good + 'tls_settings:\n  cert_verification_mode: none\n',
    expected: [
      '10:27 tls_settings.cert_verification_mode: expected verify_full, verify_ca or disabled, found "none"; did you mean "disabled"?',
    ],
  },
  {
    mistake: 'a mode with a dash',
    text: good + 'tls_settings:\n  cert_verification_mode: verify-full\n',
    expected: [
      '10:27 tls_settings.cert_verification_mode: expected verify_full, verify_ca or disabled, found "verify-full"; did you mean "verify_full"?',
    ],
  },
  {
    mistake: 'a mode that is false',
    text: good + 'tls_settings:\n  cert_verification_mode: false\n',
    expected: [
      '10:27 tls_settings.cert_verification_mode: expected verify_full, verify_ca or disabled, found false; did you mean "disabled"?',
    ],
  },
  {
    mistake: 'TLS settings without a mode',
    text: good + 'tls_settings:\n  client_certificate: ' + T + '\n',
    expected: ['10:3 tls_settings.cert_verification_mode: missing; expected verify_full, verify_ca or disabled'],
  },
  {
    mistake: 'a CA for disabled verification',
    text: good + 'tls_settings:\n  cert_verification_mode: disabled\n  certificate_authority: ' + T + '\n',
    expected: [
      '11:26 tls_settings.certificate_authority: has no effect with cert_verification_mode disabled; remove one of them',
    ],
  },
  {
    mistake: 'a certificate instead of its id',
    text:
      good +
      'tls_settings:\n  cert_verification_mode: verify_ca\n  certificate_authority: |\n    -----BEGIN CERTIFICATE-----\n    MIIB\n    -----END CERTIFICATE-----\n',
    expected: [
      '11:26 tls_settings.certificate_authority: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n"; upload the certificate to Cloudflare and write its id',
    ],
  },
  {
    mistake: 'a path instead of the id of a certificate',
    text: good + 'tls_settings:\n  cert_verification_mode: verify_ca\n  certificate_authority: /etc/ca.pem\n',
    expected: [
      '11:26 tls_settings.certificate_authority: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "/etc/ca.pem"; upload the certificate to Cloudflare and write its id',
    ],
  },
  {
    mistake: 'a mode with a shortened key',
    text: good + 'tls_settings:\n  cert_verification: verify_ca\n',
    expected: [
      '10:3 tls_settings.cert_verification: unknown key "cert_verification"; did you mean "cert_verification_mode"?',
    ],
  },
  {
    mistake: 'a mode at the top level',
    text: good + 'cert_verification_mode: verify_ca\n',
    expected: ['9:1 cert_verification_mode: unknown key "cert_verification_mode" here; it belongs under tls_settings'],
  },
  {
    mistake: 'a shortened tls_settings',
    text: good + 'tls: {}\n',
    expected: ['9:1 tls: unknown key "tls"; did you mean "tls_settings"?'],
  },
  {
    mistake: 'an unknown key',
    text: good + 'description: x\n',
    expected: ['9:1 description: unknown key "description"; remove it'],
  },
  {
    mistake: 'an unknown mapping',
    text: good + 'labels:\n  team: x\n',
    expected: ['9:1 labels: unknown key "labels"; remove it'],
  },
  { mistake: 'no name', text: e(['name: orders-db\n', '']), expected: ['1:1 name: missing; expected a name'] },
  { mistake: 'an empty name', text: e(['orders-db', '""']), expected: ['2:7 name: expected a name, found ""'] },
  {
    mistake: 'a name that is a number',
    text: e(['orders-db', '123']),
    expected: ['2:7 name: expected a name, found 123, which YAML reads as a number; put it in quotes'],
  },
  {
    mistake: 'a name that is a boolean',
    text: e(['orders-db', 'True']),
    expected: ['2:7 name: expected a name, found True, which YAML reads as a boolean; put it in quotes'],
  },
  {
    mistake: 'a name that is null',
    text: e(['orders-db', 'null']),
    expected: ['2:7 name: expected a name, found nothing'],
  },
  { mistake: 'a list of names', text: e(['orders-db', '[a]']), expected: ['2:7 name: expected a name, found a list'] },
  {
    mistake: 'a mapping as the name',
    text: e(['orders-db', '{a: b}']),
    expected: ['2:7 name: expected a name, found a mapping'],
  },
  {
    mistake: 'a name with a colon and a space',
    text: e(['orders-db', 'orders: db']),
    expected: [
      '2:7 not valid YAML: found a second "key: value" on one line; put a value that contains a colon in quotes, or begin a new line',
    ],
  },
  { mistake: 'an empty file', text: '', expected: ['1:1 expected a declaration, found an empty file'] },
  { mistake: 'blank lines only', text: '\n\n', expected: ['1:1 expected a declaration, found an empty file'] },
  {
    mistake: 'a second document that is not valid YAML',
    text: good + '---\n' + e([ID, OTHER], ['orders-db', 'b'], ['tcp_port: 5432', 'tcp_port 5432']),
    expected: ['13:1 not valid YAML: expected "key: value", found no colon followed by a space; write tcp_port: 5432'],
  },
  {
    mistake: 'a second document with a problem',
    text: good + '---\n' + e([ID, OTHER], ['orders-db', 'b'], ['5432', '0']),
    expected: ['13:11 tcp_port: expected a port, a whole number from 1 to 65535, found 0'],
  },
  {
    mistake: 'a second service without ---',
    text: good + e([ID, OTHER]),
    expected: ['9:1 service_id: a second service begins here, after the one at line 1; add a line of --- before it'],
  },
  {
    mistake: 'two dashes instead of three',
    text: good + '--\n' + good,
    expected: [
      '9:1 not valid YAML: expected "key: value", found "--"; separate services with a line of exactly three dashes (---)',
    ],
  },
  {
    mistake: 'four dashes instead of three',
    text: good + '----\n' + good,
    expected: [
      '9:1 not valid YAML: expected "key: value", found "----"; separate services with a line of exactly three dashes (---)',
    ],
  },
  {
    mistake: 'a comment in JSON',
    text: j(['  "name"', '  // the name\n  "name"']),
    expected: ['3:3 // the name "name": unknown key "// the name \\"name\\""; JSON has no comments, so remove it'],
  },
  {
    mistake: 'a block comment in JSON',
    text: j(['  "name"', '  /* the name */\n  "name"']),
    expected: [
      '3:3 /* the name */ "name": unknown key "/* the name */ \\"name\\""; JSON has no comments, so remove it',
    ],
  },
  {
    mistake: 'a missing comma in JSON',
    text: j(['"tcp",', '"tcp"']),
    expected: ['5:3 not valid YAML: expected a comma or a closing bracket before this'],
  },
  {
    mistake: 'two commas in JSON',
    text: j(['"tcp",', '"tcp",,']),
    expected: ['4:17 not valid YAML: found a comma with nothing before it; remove it'],
  },
  {
    mistake: 'a brace that is not closed in JSON',
    text: json.slice(0, -2),
    expected: ['1:1 not valid YAML: this { is never closed; add the missing }'],
  },
  {
    mistake: 'a brace too many in JSON',
    text: json + '}\n',
    expected: ['11:1 not valid YAML: found a closing bracket without an opening bracket; remove it'],
  },
  {
    mistake: 'an equals sign in JSON',
    text: j(['"type": ', '"type"= ']),
    expected: ['4:9 not valid YAML: expected a colon, found ='],
  },
  {
    mistake: 'two services in JSON without ---',
    text: json + json,
    expected: ['11:1 not valid YAML: found more text after the closing bracket; separate services with a line of ---'],
  },
  {
    mistake: 'an unquoted text in JSON',
    text: j(['"tcp"', 'tcp port']),
    expected: ['4:11 type: expected http or tcp, found "tcp port"'],
  },
  {
    mistake: 'a duplicate key in JSON',
    text: j(['"type"', '"name": "x",\n  "type"']),
    expected: ['4:3 name: duplicate key "name", first used at line 3; keep one of them'],
  },
  {
    mistake: 'a quote that is not closed in JSON',
    text: j(['"tcp"', '"tcp']),
    expected: ['4:11 not valid YAML: this " is not closed on its line; add a closing " after the text'],
  },
  {
    mistake: 'a missing colon in JSON',
    text: j(['"type": ', '"type" ']),
    expected: ['4:10 not valid YAML: expected a comma or a closing bracket before this'],
  },
  {
    mistake: 'TOML',
    text: 'name = "x"\ntype = "tcp"\n',
    expected: [
      '1:1 expected a mapping that declares one service, found "name = \\"x\\" type = \\"tcp\\""; write "key: value" instead of "key = value"',
    ],
  },
  {
    mistake: 'HTML',
    text: '<html>\n<body>404</body>\n',
    expected: ['1:1 expected a mapping that declares one service, found "<html> <body>404</body>"'],
  },
  {
    mistake: 'the first half of a merge conflict',
    text: good + '<<<<<<< HEAD\na: b\n=======\n',
    expected: ['9:1 found a merge conflict; resolve it and remove the markers <<<<<<<, ======= and >>>>>>>'],
  },
  {
    mistake: 'the second half of a merge conflict',
    text: good + '=======\na: b\n>>>>>>> x\n',
    expected: ['11:1 found a merge conflict; resolve it and remove the markers <<<<<<<, ======= and >>>>>>>'],
  },
  {
    mistake: 'a problem after a byte order mark',
    text: '\uFEFF' + e(['5432', '0']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found 0'],
  },
  {
    mistake: 'a problem on the line of a byte order mark',
    text: '\uFEFF' + e([ID, '1']),
    expected: ['1:14 service_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found 1'],
  },
  {
    mistake: 'two byte order marks',
    text: '\uFEFF\uFEFF' + good,
    expected: ['1:2 \\u{feff}service_id: unknown key "\\u{feff}service_id"; remove the invisible character U+FEFF'],
  },
  {
    mistake: 'a byte order mark in the middle',
    text: good + '\uFEFF---\n' + good,
    expected: [
      '9:1 not valid YAML: expected "key: value", found the character U+FEFF, which is invisible or looks like a space; remove it or replace it with a space',
      '11:1 name: duplicate key "name", first used at line 2; keep one of them',
      '12:1 type: duplicate key "type", first used at line 3; keep one of them',
      '13:1 tcp_port: duplicate key "tcp_port", first used at line 4; keep one of them',
      '14:1 host: duplicate key "host", first used at line 5; keep one of them',
    ],
  },
  {
    mistake: 'a no-break space after a colon',
    text: e(['tcp_port: 5432', 'tcp_port:\u00a05432']),
    expected: [
      '4:1 not valid YAML: expected "key: value", found the character U+00A0, which is invisible or looks like a space; remove it or replace it with a space',
    ],
  },
  {
    mistake: 'no-break spaces as indentation',
    text: e(['  hostname', '\u00a0\u00a0hostname']),
    expected: [
      '6:1 not valid YAML: expected "key: value", found the character U+00A0, which is invisible or looks like a space; remove it or replace it with a space',
    ],
  },
  {
    mistake: 'a zero-width space in a host name',
    text: e(['orders.internal', 'orders\u200b.internal']),
    expected: [
      '6:13 host.hostname: expected a host name of ASCII letters (write other letters as xn--…), found "orders\\u{200b}.internal"',
    ],
  },
  {
    mistake: 'a zero-width space in a key',
    text: e(['tcp_port:', 'tcp_port\u200b:']),
    expected: ['4:1 tcp_port\\u{200b}: unknown key "tcp_port\\u{200b}"; remove the invisible character U+200B'],
  },
  {
    mistake: 'old Mac line endings',
    text: good.replaceAll('\n', '\r'),
    expected: ['1:13 not valid YAML: found line endings of CR without LF; save the file with Unix line endings (LF)'],
  },
  {
    mistake: 'an encrypted file',
    text: '$ANSIBLE_VAULT;1.1;AES256\n6638643965\n',
    expected: [
      '1:1 expected a mapping that declares one service, found "$ANSIBLE_VAULT;1.1;AES256 6638643965"; decrypt the file',
    ],
  },
  {
    mistake: 'a question mark before a key',
    text: e(['name: orders-db', '? name']),
    expected: ['2:3 name: expected a name, found nothing'],
  },
  {
    mistake: 'a list item on the line of its key',
    text: e(['name: orders-db', 'name: - orders-db']),
    expected: [
      '2:7 not valid YAML: found a list item ("- ") in the wrong place; begin a list on the line after its key, or remove the "-"',
    ],
  },
  {
    mistake: 'a brace that is not closed before a block',
    text: e(['host:', 'host: {']),
    expected: [
      '5:7 not valid YAML: this { is never closed; add the missing }',
      '6:13 not valid YAML: expected a comma or a closing bracket before this',
    ],
  },
  {
    mistake: 'text after the end of a document',
    text: good + '... x\n',
    expected: ['9:5 not valid YAML: found more text after the end of a value; put the whole value in quotes'],
  },
  {
    mistake: 'a key of more than 1024 characters',
    text: e(['name:', 'n'.repeat(1100) + ':']),
    expected: ['2:1 not valid YAML: expected a key of at most 1024 characters, found a longer one'],
  },
  {
    mistake: 'a port that is infinite',
    text: e(['5432', '.inf']),
    expected: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found .inf'],
  },
  {
    mistake: 'a list as a key',
    text: '[a, b]: c\n' + good,
    expected: [
      '1:1 not valid YAML: expected text as a key, found a list, a mapping or an alias; put text that begins with [, { or * in quotes',
    ],
  },
  {
    mistake: 'a plus sign of a patch',
    text: e(['type: tcp', '+type: tcp']),
    expected: ['3:1 +type: unknown key "+type"; did you mean "type"?'],
  },
  {
    mistake: 'two keys on one line',
    text: e(['type: tcp\n', 'type: tcp tcp_port: 1\n']),
    expected: [
      '3:7 not valid YAML: found a second "key: value" on one line; put a value that contains a colon in quotes, or begin a new line',
    ],
  },
  {
    mistake: 'two keys on one line, separated by a comma',
    text: e(['type: tcp\n', 'type: tcp, tcp_port: 1\n']),
    expected: [
      '3:7 not valid YAML: found a second "key: value" on one line; put a value that contains a colon in quotes, or begin a new line',
    ],
  },
  {
    mistake: 'a comment without a space before it',
    text: e(['name: orders-db', 'name: "orders-db"# x']),
    expected: [
      '2:18 not valid YAML: found # directly after a value; add a space before it if it begins a comment, or put the whole value in quotes',
    ],
  },
  {
    mistake: 'keys in camel case',
    text: e(['tcp_port', 'tcpPort'], ['resolver_network', 'resolverNetwork'], ['tunnel_id', 'tunnelId']),
    expected: [
      '4:1 tcpPort: unknown key "tcpPort"; did you mean "tcp_port"?',
      '7:3 host.resolverNetwork: unknown key "resolverNetwork"; did you mean "resolver_network"?',
    ],
  },
  {
    mistake: 'a capitalized key',
    text: e(['name:', 'Name:']),
    expected: ['2:1 Name: unknown key "Name"; did you mean "name"?'],
  },
  {
    mistake: 'a key in quotes with a space at its end',
    text: e(['name:', '"name ":']),
    expected: ['2:1 name : unknown key "name "; did you mean "name"?'],
  },
  {
    mistake: 'a host name that is null',
    text: e(['orders.internal', 'null']),
    expected: ['6:3 host: no address: give ipv4 and/or ipv6 with network, or hostname with resolver_network'],
  },
  {
    mistake: 'a file about something else',
    text: 'a: 1\nb: 2\nc: 3\nd: 4\n',
    expected: [
      '1:1 expected a service (service_id, name, type, host …), found the keys "a", "b", "c" …; if it is not a declaration, move the file out of the folder or list it in "exclude"',
    ],
  },
  {
    mistake: 'a misspelled mode as the TLS settings',
    text: good + 'tls_settings: strict\n',
    expected: ['9:15 tls_settings: expected a mapping with cert_verification_mode, found "strict"'],
  },
  {
    mistake: 'an IPv4 address as the host',
    text: before('host:') + 'host: 10.0.0.12\n',
    expected: [
      '5:7 host: expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network, found "10.0.0.12"; write "ipv4: 10.0.0.12" under host, with network',
    ],
  },
  {
    mistake: 'an IPv6 address as the host',
    text: before('host:') + 'host: fd00::12\n',
    expected: [
      '5:7 host: expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network, found "fd00::12"; write "ipv6: fd00::12" under host, with network',
    ],
  },
  {
    mistake: 'a host name with a space as the host',
    text: before('host:') + 'host: orders internal\n',
    expected: [
      '5:7 host: expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network, found "orders internal"',
    ],
  },
  {
    mistake: 'a list as the network',
    text: e(['    tunnel_id', '    - tunnel_id']),
    expected: [
      '8:5 host.resolver_network: expected a mapping with tunnel_id and, optionally, resolver_ips, found a list; remove the "-"',
    ],
  },
  {
    mistake: 'an empty network',
    text: a(['    tunnel_id', '  # tunnel_id']),
    expected: ['7:3 host.network: empty; ipv4 and ipv6 need network with a tunnel_id'],
  },
  {
    mistake: 'a full-width colon',
    text: e(['tcp_port: ', 'tcp_port\uFF1A ']),
    expected: [
      '4:1 not valid YAML: expected "key: value", found the character U+FF1A, which looks like a colon; replace it with a colon',
    ],
  },
  {
    mistake: 'a long line without a colon',
    text: e(['name: orders-db', `name ${'x'.repeat(70)}`]),
    expected: [
      '2:1 not valid YAML: expected "key: value", found no colon followed by a space; write name: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…',
    ],
  },
  {
    mistake: 'every key in camel case',
    text: 'serviceId: x\ntcpPort: 1\n',
    expected: [
      '1:1 host: missing; expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network',
      '1:1 name: missing; expected a name',
      '1:1 type: missing; expected http or tcp',
      '1:1 serviceId: unknown key "serviceId"; did you mean "service_id"?',
      '2:1 tcpPort: unknown key "tcpPort"; did you mean "tcp_port"?',
    ],
  },
  {
    mistake: 'a sentence as an address',
    text: a(['10.0.0.12', 'the old printer']),
    expected: ['6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "the old printer"'],
  },
  {
    mistake: 'an empty text as resolvers',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: ""`]),
    expected: ['9:19 host.resolver_network.resolver_ips: expected a list of addresses such as [10.0.0.53], found ""'],
  },
  {
    mistake: 'a double quote that is not closed after an escaped one',
    text: e(['name: orders-db', 'name: "the \\"orders\\" db']),
    expected: ['2:7 not valid YAML: this " is never closed; add a closing " after the text'],
  },
  {
    mistake: 'a single quote that is not closed after a doubled one',
    text: e(['name: orders-db', "name: 'tom''s db"]),
    expected: ["2:7 not valid YAML: this ' is never closed; add a closing ' after the text"],
  },
  {
    mistake: 'a number as an address',
    text: a(['10.0.0.12', '10']),
    expected: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found 10; write 4 numbers separated by dots, not 1',
    ],
  },
  {
    mistake: 'a URL as an address',
    text: a(['10.0.0.12', 'http://10.0.0.12']),
    expected: ['6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "http://10.0.0.12"; write 10.0.0.12'],
  },
  {
    mistake: 'a UUID of six groups',
    text: e([ID, `${ID}-0000`]),
    expected: [
      '1:13 service_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "0191e3a4-5b6c-7d8e-9f00-112233445566-0000"; it has 6 groups of digits instead of 5',
    ],
  },
  {
    mistake: 'a value that begins with !<',
    text: e(['orders-db', '!<orders']),
    expected: ['2:7 not valid YAML: found ! at the start of a value, which makes it a tag; put the value in quotes'],
  },
  {
    mistake: 'a value with two exclamation marks',
    text: e(['orders-db', '!orders!db']),
    expected: ['2:7 not valid YAML: found ! at the start of a value, which makes it a tag; put the value in quotes'],
  },
  {
    mistake: 'a value after two exclamation marks',
    text: e(['orders-db', '!! orders']),
    expected: ['2:7 not valid YAML: found ! at the start of a value, which makes it a tag; put the value in quotes'],
  },
])('explains $mistake', ({ text, expected }) => {
  const { declarations, skipped, problems } = parseFile('f.yaml', text);
  expect(problems.map((problem) => renderProblem(problem).replace(/^f\.yaml:/, ''))).toEqual(expected);
  expect(declarations.length).toBeLessThan(text.split('service_id').length);
  expect(skipped.length).toBeGreaterThan(0);
  for (const { message, line, column } of problems) {
    expect(message).not.toMatch(JARGON);
    const shown = text.split('\n')[line - 1];
    expect(shown).toBeDefined();
    expect(column).toBeLessThanOrEqual((shown ?? '').length + 1);
  }
});

/** Words of parsers and validators, which mean nothing to the person who wrote the file. */
const JARGON =
  /\b(?:implicit|flow|scalar|node|token|stream|collection|undefined|null|NaN|invalid|regex|union|zod|Error|at \w+\.)\b/;

test.for([
  ['a tab after a colon', e(['name: orders', 'name:\torders'])],
  ['deep indentation', e(['    tunnel', '      tunnel'])],
  ['curly quotes around a name', e(['name: orders-db', `name: “orders-db”`])],
  ['a quote only at the end of a name', e(['name: orders-db', `name: orders-db"`])],
  ['a name that was a boolean in YAML 1.1', e(['orders-db', 'on'])],
  ['a trailing comma in JSON', j(['}\n}', '},\n}'])],
  ['single quotes in JSON', j(['"tcp"', "'tcp'"])],
  ['a key without quotes in JSON', j(['"type": ', 'type: '])],
  ['a control character in a name', e(['orders-db', 'orders\u0000db'])],
  ['a name that was a number in YAML 1.1', e(['orders-db', '12:30'])],
])('accepts %s', ([, text = '']) => {
  const { declarations, problems } = parseFile('f.yaml', text);
  expect({ declarations: declarations.length, problems }).toEqual({ declarations: 1, problems: [] });
});

test('reports the first problems of a file with very many', () => {
  const { problems } = parseFile('f.yaml', 'a: [}\n---\n'.repeat(10_000));
  expect(problems).toHaveLength(20);
  expect(problems[0]).toMatchObject({
    line: 1,
    column: 5,
    message: 'not valid YAML: expected a closing ], found }',
  });
  expect(problems.at(-1)?.message).toMatch(/^\d+ more problems from this line on$/);
});
