import { expect, test } from 'vitest';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { renderProblem } from '../../../src/core/load/problem.ts';

/*
 * What people get wrong, and what they are told, to the letter: whether a tired reader knows what to do is seen by reading it.
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
/** The declaration above, with an address, or in JSON, with something else in it. */
const e = edit(good);
const a = edit(`${before('host:')}host:\n  ipv4: 10.0.0.12\n  network:\n    tunnel_id: ${T}\n`);
const j = edit(json);

test.for<{ readonly slip: string; readonly text: string; readonly told: readonly string[] }>([
  {
    slip: 'a tab',
    text: e(['  hostname', '\thostname']),
    told: ['6:1 not valid YAML: found a tab in the indentation; use spaces'],
  },
  {
    slip: 'tabs everywhere',
    text: e(['  hostname', '\thostname'], ['  resolver_network', '\tresolver_network'], ['    tunnel', '\t\ttunnel']),
    told: [
      '6:1 not valid YAML: found a tab in the indentation; use spaces',
      '7:1 not valid YAML: found a tab in the indentation; use spaces',
      '8:1 not valid YAML: found a tab in the indentation; use spaces',
    ],
  },
  {
    slip: 'a tab behind spaces',
    text: e(['    tunnel', '  \ttunnel']),
    told: ['8:3 not valid YAML: found a tab in the indentation; use spaces'],
  },
  {
    slip: 'a line indented too little',
    text: e(['  resolver_network', ' resolver_network']),
    told: [
      '7:1 not valid YAML: the indentation of this line does not match the lines that it belongs with; align them',
    ],
  },
  {
    slip: 'a line indented too far',
    text: e(['  resolver_network', '   resolver_network']),
    told: [
      '7:4 not valid YAML: this line is indented further than the line above it, which already has a value; align it with that line',
    ],
  },
  {
    slip: 'the second line indented',
    text: e(['name:', '  name:']),
    told: [
      '2:3 not valid YAML: this line is indented further than the line above it, which already has a value; align it with that line',
    ],
  },
  {
    slip: 'the third line indented',
    text: e(['type:', ' type:']),
    told: [
      '3:2 not valid YAML: this line is indented further than the line above it, which already has a value; align it with that line',
    ],
  },
  {
    slip: 'a child beside its parent',
    text: e(['    tunnel', '  tunnel']),
    told: ['8:3 host.tunnel_id: unknown key "tunnel_id" here; it belongs under host.resolver_network'],
  },
  {
    slip: 'a mapping that is not indented',
    text: e(['  hostname', 'hostname'], ['  resolver', 'resolver'], ['    tunnel', '  tunnel']),
    told: [
      '6:1 hostname: unknown key "hostname" here; it belongs under host',
      '7:1 resolver_network: unknown key "resolver_network" here; it belongs under host',
    ],
  },
  {
    slip: 'the first line indented',
    text: ' ' + good,
    told: ['2:1 not valid YAML: this line is indented less than the first line; align the top-level keys of a service'],
  },
  {
    slip: 'no colon',
    text: e(['tcp_port: 5432', 'tcp_port 5432']),
    told: ['4:1 not valid YAML: expected "key: value", found no colon followed by a space; write tcp_port: 5432'],
  },
  {
    slip: 'no colon last',
    text: e([`tunnel_id: ${T}`, `tunnel_id ${T}`]),
    told: [
      '8:5 host.resolver_network: expected a mapping with tunnel_id and, optionally, resolver_ips, found "tunnel_id 0191dce4-9ab4-7fce-b660-8e5dec5172da"; add a colon and a space after tunnel_id',
    ],
  },
  {
    slip: 'no colon host',
    text: e(['host:', 'host']),
    told: [
      '5:1 not valid YAML: expected "key: value", found no colon followed by a space',
      '7:3 not valid YAML: this line is indented further than the line above it, which already has a value; align it with that line',
    ],
  },
  {
    slip: 'no colon first',
    text: e(['service_id:', 'service_id']),
    told: [
      '1:1 not valid YAML: expected "key: value", found no colon followed by a space; write service_id: 0191e3a4-5b6c-7d8e-9f00-112233445566',
    ],
  },
  {
    slip: 'no space',
    text: e(['tcp_port: 5432', 'tcp_port:5432']),
    told: ['4:1 not valid YAML: expected "key: value", found no colon followed by a space; write tcp_port: 5432'],
  },
  {
    slip: 'no space nested',
    text: e(['hostname: orders', 'hostname:orders']),
    told: [
      '6:3 not valid YAML: expected "key: value", found no colon followed by a space; write hostname: orders.internal',
    ],
  },
  {
    slip: 'no space all',
    text: good.replaceAll(': ', ':'),
    told: [
      '1:1 not valid YAML: expected "key: value", found no colon followed by a space; write service_id: 0191e3a4-5b6c-7d8e-9f00-112233445566',
      '6:3 not valid YAML: expected "key: value", found no colon followed by a space; write hostname: orders.internal',
    ],
  },
  {
    slip: 'equals',
    text: e(['tcp_port: 5432', 'tcp_port = 5432']),
    told: ['4:1 not valid YAML: expected "key: value", found no colon followed by a space; write tcp_port: 5432'],
  },
  {
    slip: 'two colons',
    text: e(['tcp_port: 5432', 'tcp_port:: 5432']),
    told: ['4:1 tcp_port:: unknown key "tcp_port:"; did you mean "tcp_port"?'],
  },
  {
    slip: 'semicolon',
    text: e(['tcp_port: 5432', 'tcp_port: 5432;']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "5432;"; write 5432'],
  },
  {
    slip: 'comma',
    text: e(['tcp_port: 5432', 'tcp_port: 5432,']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "5432,"; write 5432'],
  },
  {
    slip: 'an open double quote',
    text: e(['name: orders-db', 'name: "orders-db']),
    told: ['2:7 not valid YAML: this " is never closed; add a closing " after the text'],
  },
  {
    slip: 'open dq last',
    text: e([`tunnel_id: ${T}`, `tunnel_id: "${T}`]),
    told: ['8:16 not valid YAML: this " is never closed; add a closing " after the text'],
  },
  {
    slip: 'an open single quote',
    text: e(['name: orders-db', "name: 'orders-db"]),
    told: ["2:7 not valid YAML: this ' is never closed; add a closing ' after the text"],
  },
  {
    slip: 'open dq and another',
    text: e(['name: orders-db', 'name: "orders-db'], ['hostname: orders.internal', 'hostname: "orders.internal"']),
    told: ['2:7 not valid YAML: this " is never closed; add a closing " after the text'],
  },
  {
    slip: 'mismatch',
    text: e(['name: orders-db', `name: "orders-db'`]),
    told: ['2:7 not valid YAML: this " is never closed; add a closing " after the text'],
  },
  {
    slip: 'curly quoted port',
    text: e(['5432', `“5432”`]),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "“5432”"; write 5432'],
  },
  {
    slip: 'text behind quote',
    text: e(['name: orders-db', `name: "orders"-db`]),
    told: ['2:15 not valid YAML: found more text after the end of a value; put the whole value in quotes'],
  },
  {
    slip: 'apostrophe',
    text: e(['name: orders-db', `name: 'tom's db'`]),
    told: ["2:12 not valid YAML: found more text after the closing '; put the whole value in double quotes"],
  },
  {
    slip: 'backslash',
    text: e(['name: orders-db', `name: "orders\\db"`]),
    told: ['2:14 not valid YAML: \\d means nothing in double quotes; use single quotes, or write \\\\ for a backslash'],
  },
  {
    slip: 'open bracket',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: [10.0.0.53`]),
    told: ['9:19 not valid YAML: this [ is never closed; add the missing ]'],
  },
  {
    slip: 'open bracket mid',
    text: e([`    tunnel_id: ${T}`, `    resolver_ips: [10.0.0.53\n    tunnel_id: ${T}`]),
    told: ['8:19 not valid YAML: this [ is never closed; add the missing ]'],
  },
  {
    slip: 'wrong bracket',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: [10.0.0.53)`]),
    told: ['9:19 not valid YAML: this [ is never closed; add the missing ]'],
  },
  {
    slip: 'mismatched bracket',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: [10.0.0.53}`]),
    told: ['9:29 not valid YAML: expected a closing ], found }'],
  },
  {
    slip: 'extra bracket',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: [10.0.0.53]]`]),
    told: ['9:30 not valid YAML: found a closing bracket without an opening bracket; remove it'],
  },
  {
    slip: 'list of one',
    text: '- ' + good.replaceAll('\n', '\n  ').trimEnd() + '\n',
    told: ['1:1 expected a mapping that declares one service, found a list; separate services with a line of ---'],
  },
  {
    slip: 'services key',
    text: 'services:\n  - ' + good.replaceAll('\n', '\n    ').trimEnd() + '\n',
    told: [
      '1:1 services: expected a service at the top level, found a list under "services"; write each service as a document of its own, separated by a line of ---',
    ],
  },
  {
    slip: 'keyed by name',
    text: 'orders-db:\n  ' + good.replaceAll('\n', '\n  ').trimEnd() + '\n',
    told: [
      '1:1 orders-db: expected a service at the top level, found one under "orders-db"; move its fields to the top level',
    ],
  },
  {
    slip: 'kubernetes',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  a: b\n',
    told: [
      '1:1 expected a service (service_id, name, type, host …), found a Kubernetes object; if it is not a declaration, move the file out of the folder or change "include"',
    ],
  },
  {
    slip: 'terraform json',
    text: '{"resource": {"cloudflare_workers_vpc": {}}}',
    told: [
      '1:1 expected a service (service_id, name, type, host …), found "resource"; if it is not a declaration, move the file out of the folder or change "include"',
    ],
  },
  {
    slip: 'envelope',
    text: `{"success": true, "errors": [], "messages": [], "result": ${json}}`,
    told: [
      '1:49 result: expected a service at the top level, found one under "result"; move its fields to the top level',
    ],
  },
  {
    slip: 'envelope list',
    text: `{"success": true, "errors": [], "messages": [], "result": [${json}]}`,
    told: [
      '1:49 result: expected a service at the top level, found a list under "result"; write each service as a document of its own, separated by a line of ---',
    ],
  },
  {
    slip: 'list item in mapping',
    text: e(['name:', '- name:']),
    told: [
      '2:1 not valid YAML: found a list item ("- ") in the wrong place; begin a list on the line after its key, or remove the "-"',
    ],
  },
  {
    slip: 'list indented',
    text: e(['resolver_network:\n', 'resolver_network:\n    - resolver_ips\n']),
    told: [
      '9:1 not valid YAML: the indentation of this line does not match the lines that it belongs with; align them',
    ],
  },
  {
    slip: 'dash missing space',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips:\n      -10.0.0.53`]),
    told: [
      '10:7 host.resolver_network.resolver_ips: expected a list of addresses such as [10.0.0.53], found "-10.0.0.53"; add a space after the "-"',
    ],
  },
  {
    slip: 'resolver comma text',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: 10.0.0.53, 10.0.0.54`]),
    told: [
      '9:19 host.resolver_network.resolver_ips: expected a list of addresses such as [10.0.0.53], found "10.0.0.53, 10.0.0.54"; write [10.0.0.53, 10.0.0.54]',
    ],
  },
  {
    slip: 'resolver text',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: 10.0.0.53`]),
    told: [
      '9:19 host.resolver_network.resolver_ips: expected a list of addresses such as [10.0.0.53], found "10.0.0.53"; write [10.0.0.53]',
    ],
  },
  {
    slip: 'resolver mapping',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: {a: 10.0.0.53}`]),
    told: [
      '9:19 host.resolver_network.resolver_ips: expected a list of addresses such as [10.0.0.53], found a mapping',
    ],
  },
  {
    slip: 'resolver name',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: [dns.internal]`]),
    told: [
      '9:20 host.resolver_network.resolver_ips[0]: expected an IPv4 or IPv6 address such as 10.0.0.53, found "dns.internal"; write the address of the resolver, not its name',
    ],
  },
  {
    slip: 'resolver port',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: ["10.0.0.53:53"]`]),
    told: [
      '9:20 host.resolver_network.resolver_ips[0]: expected an IPv4 or IPv6 address such as 10.0.0.53, found "10.0.0.53:53"; remove the port',
    ],
  },
  {
    slip: 'resolver cidr',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: [10.0.0.0/24]`]),
    told: [
      '9:20 host.resolver_network.resolver_ips[0]: expected an IPv4 or IPv6 address such as 10.0.0.53, found "10.0.0.0/24"; write a single address, without /24',
    ],
  },
  {
    slip: 'resolver null',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: [null]`]),
    told: [
      '9:20 host.resolver_network.resolver_ips[0]: expected an IPv4 or IPv6 address such as 10.0.0.53, found nothing',
    ],
  },
  {
    slip: 'resolver float',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: [10.0]`]),
    told: [
      '9:20 host.resolver_network.resolver_ips[0]: expected an IPv4 or IPv6 address such as 10.0.0.53, found 10.0; write 4 numbers separated by dots, not 2',
    ],
  },
  {
    slip: 'a key twice',
    text: e(['type: tcp', 'type: tcp\nname: b']),
    told: ['4:1 name: duplicate key "name", first used at line 2; keep one of them'],
  },
  {
    slip: 'a key twice below another',
    text: e(['  hostname: orders.internal', '  hostname: orders.internal\n  hostname: b.internal']),
    told: ['7:3 host.hostname: duplicate key "hostname", first used at line 6; keep one of them'],
  },
  {
    slip: 'yaml 1.1',
    text: '%YAML 1.1\n---\n' + good,
    told: ['1:1 expected YAML 1.2, found the directive "%YAML 1.1"; remove the line'],
  },
  {
    slip: 'directive no sep',
    text: '%YAML 1.2\n' + good,
    told: ['2:1 not valid YAML: expected a line of --- after the directive'],
  },
  {
    slip: 'tag dir',
    text: '%TAG ! x\n---\n' + good,
    told: ['1:1 expected YAML 1.2, found the directive "%TAG ! x"; remove the line'],
  },
  {
    slip: 'anchor unknown',
    text: e([T, '*tunnel']),
    told: [
      '8:16 host.resolver_network.tunnel_id: expected an alias of an anchor above it, found "*tunnel"; put it in quotes if it is text',
    ],
  },
  {
    slip: 'anchor two',
    text: e([T, '&a &b ' + T]),
    told: ['8:19 not valid YAML: found two anchors on one value; remove one of them'],
  },
  {
    slip: 'anchor cyc',
    text: e(['host:', 'host: &h'], [T, '*h']),
    told: [
      '8:16 host.resolver_network.tunnel_id: expected an alias of an anchor above it, found "*h", which contains this alias; write the value itself',
    ],
  },
  {
    slip: 'anchor other doc',
    text: 'x: &t ' + T + '\n---\n' + e([T, '*t']),
    told: [
      '10:16 host.resolver_network.tunnel_id: expected an alias of an anchor above it, found "*t"; put it in quotes if it is text',
    ],
  },
  {
    slip: 'merge',
    text: e(['host:', '<<: {a: b}\nhost:']),
    told: ['5:1 <<: unknown key "<<"; YAML 1.2 has no merge keys, so write the fields out'],
  },
  {
    slip: 'merge list',
    text: e(['  hostname', '  <<: [{a: b}]\n  hostname']),
    told: ['6:3 host.<<: unknown key "<<"; YAML 1.2 has no merge keys, so write the fields out'],
  },
  {
    slip: 'tag',
    text: e(['5432', '!port 5432']),
    told: ['4:11 not valid YAML: unknown tag "!port"; remove it, or put the whole value in quotes'],
  },
  {
    slip: 'env var',
    text: e(['5432', '${PORT}']),
    told: [
      '4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "${PORT}"; placeholders are not filled in, so write the actual value',
    ],
  },
  {
    slip: 'template',
    text: e(['5432', '{{ .Values.port }}']),
    told: ['4:12 not valid YAML: found {{ of a template; templates are not filled in, so write the actual value'],
  },
  {
    slip: 'template jinja',
    text: e(['name: orders-db', 'name: {% if x %}']),
    told: ['2:8 not valid YAML: a value cannot begin with % unless it is in quotes; add quotes'],
  },
  {
    slip: 'percent',
    text: e(['name: orders-db', 'name: %orders']),
    told: ['2:7 not valid YAML: a value cannot begin with % unless it is in quotes; add quotes'],
  },
  {
    slip: 'at',
    text: e(['name: orders-db', 'name: @orders']),
    told: ['2:7 not valid YAML: a value cannot begin with @ unless it is in quotes; add quotes'],
  },
  {
    slip: 'backtick',
    text: e(['name: orders-db', 'name: `orders`']),
    told: ['2:7 not valid YAML: a value cannot begin with ` unless it is in quotes; add quotes'],
  },
  {
    slip: 'star host',
    text: e(['orders.internal', '*.orders.internal']),
    told: [
      '6:13 host.hostname: expected an alias of an anchor above it, found "*.orders.internal"; put it in quotes if it is text',
    ],
  },
  {
    slip: 'star host quoted',
    text: e(['orders.internal', '"*.orders.internal"']),
    told: ['6:13 host.hostname: expected one host name, without * (a service is one host), found "*.orders.internal"'],
  },
  {
    slip: 'excl',
    text: e(['name: orders-db', 'name: !orders']),
    told: ['2:7 not valid YAML: unknown tag "!orders"; remove it, or put the whole value in quotes'],
  },
  { slip: 'amp', text: e(['name: orders-db', 'name: &orders']), told: ['2:1 name: expected a name, found nothing'] },
  {
    slip: 'gt',
    text: e(['name: orders-db', 'name: > orders']),
    told: [
      '2:9 not valid YAML: expected nothing after | or > on its line, found "orders"; begin the text on the next line, or put all of it in quotes',
    ],
  },
  {
    slip: 'pipe',
    text: e(['name: orders-db', 'name: |orders']),
    told: [
      '2:8 not valid YAML: expected nothing after | or > on its line, found "orders"; begin the text on the next line, or put all of it in quotes',
    ],
  },
  { slip: 'hash', text: e(['name: orders-db', 'name: #orders']), told: ['2:1 name: expected a name, found nothing'] },
  {
    slip: 'port text',
    text: e(['5432', '"5432"']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found the text "5432"; remove the quotes'],
  },
  {
    slip: 'port word',
    text: e(['5432', 'postgres']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "postgres"'],
  },
  {
    slip: 'port 0',
    text: e(['5432', '0']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found 0'],
  },
  {
    slip: 'port 65536',
    text: e(['5432', '65536']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found 65536'],
  },
  {
    slip: 'port neg',
    text: e(['5432', '-5432']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found -5432'],
  },
  {
    slip: 'port float',
    text: e(['5432', '5432.5']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found 5432.5'],
  },
  {
    slip: 'port slash',
    text: e(['5432', '5432/tcp']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "5432/tcp"; write 5432'],
  },
  {
    slip: 'port colon',
    text: e(['5432', '":5432"']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found ":5432"; write 5432'],
  },
  {
    slip: 'port map',
    text: e(['5432', '5432:5432']),
    told: [
      '4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "5432:5432"; write the one port on which the service listens',
    ],
  },
  {
    slip: 'port range',
    text: e(['5432', '5432-5440']),
    told: [
      '4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "5432-5440"; write the one port on which the service listens',
    ],
  },
  {
    slip: 'port list',
    text: e(['5432', '[5432, 5433]']),
    told: [
      '4:11 tcp_port: expected a port, a whole number from 1 to 65535, found a list; write the one port on which the service listens',
    ],
  },
  {
    slip: 'port bool',
    text: e(['5432', 'yes']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "yes"'],
  },
  {
    slip: 'port true',
    text: e(['5432', 'true']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found true'],
  },
  {
    slip: 'port null',
    text: e(['5432', 'null']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found nothing'],
  },
  {
    slip: 'port tilde',
    text: e(['5432', '~']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found nothing'],
  },
  {
    slip: 'port empty',
    text: e([' 5432', '']),
    told: ['4:1 tcp_port: expected a port, a whole number from 1 to 65535, found nothing'],
  },
  {
    slip: 'port us',
    text: e(['5432', '5_432']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "5_432"; write 5432'],
  },
  {
    slip: 'port thousand',
    text: e(['5432', '5,432']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found "5,432"; write 5432'],
  },
  {
    slip: 'port missing',
    text: e(['tcp_port: 5432\n', '']),
    told: ['1:1 tcp_port: missing; expected a port, a whole number from 1 to 65535'],
  },
  {
    slip: 'port in http',
    text: e(['type: tcp', 'type: http']),
    told: ['4:11 tcp_port: only type tcp has this field; remove it or change the type'],
  },
  {
    slip: 'http port in tcp',
    text: e(['tcp_port:', 'http_port:']),
    told: [
      '1:1 tcp_port: missing; expected a port, a whole number from 1 to 65535',
      '4:12 http_port: only type http has this field; remove it or change the type',
    ],
  },
  {
    slip: 'port key',
    text: e(['tcp_port:', 'port:']),
    told: ['4:1 port: unknown key "port"; did you mean "tcp_port"?'],
  },
  {
    slip: 'both',
    text: e(['  hostname', '  ipv4: 10.0.0.1\n  hostname']),
    told: ['7:13 host.hostname: a host has either addresses (ipv4, ipv6) or a hostname, not both; remove one of them'],
  },
  {
    slip: 'host text',
    text: before('host:') + 'host: orders.internal\n',
    told: [
      '5:7 host: expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network, found "orders.internal"; write "hostname: orders.internal" under host, with resolver_network',
    ],
  },
  {
    slip: 'host list',
    text: before('host:') + 'host:\n  - hostname: orders.internal\n',
    told: [
      '6:3 host: expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network, found a list; remove the "-", because a service has one host',
    ],
  },
  {
    slip: 'host empty',
    text: before('host:') + 'host:\n',
    told: [
      '5:1 host: expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network, found nothing',
    ],
  },
  {
    slip: 'host missing',
    text: before('host:'),
    told: ['1:1 host: missing; expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network'],
  },
  {
    slip: 'hostname top',
    text: before('host:') + `hostname: orders.internal\nresolver_network:\n  tunnel_id: ${T}\n`,
    told: [
      '5:1 hostname: unknown key "hostname" here; it belongs under host',
      '6:1 resolver_network: unknown key "resolver_network" here; it belongs under host',
    ],
  },
  {
    slip: 'tunnel in host',
    text: before('  resolver_network:') + `  tunnel_id: ${T}\n`,
    told: [
      '7:3 host.tunnel_id: unknown key "tunnel_id" here; it belongs under host.network or under host.resolver_network',
    ],
  },
  {
    slip: 'network text',
    text: before('  resolver_network:') + `  resolver_network: ${T}\n`,
    told: [
      '7:21 host.resolver_network: expected a mapping with tunnel_id and, optionally, resolver_ips, found "0191dce4-9ab4-7fce-b660-8e5dec5172da"; write "tunnel_id: 0191dce4-9ab4-7fce-b660-8e5dec5172da" under host.resolver_network',
    ],
  },
  {
    slip: 'no tunnel',
    text: before('    tunnel_id'),
    told: ['7:3 host.resolver_network: nothing in it: a hostname needs resolver_network with a tunnel_id'],
  },
  {
    slip: 'no res network',
    text: before('  resolver_network:'),
    told: ['6:3 host: resolver_network is missing: a hostname needs resolver_network with a tunnel_id'],
  },
  {
    slip: 'wrong network',
    text: e(['resolver_network', 'network']),
    told: ['7:3 host.network: network goes with ipv4 and ipv6; a hostname takes resolver_network'],
  },
  {
    slip: 'wrong network a',
    text: a(['network', 'resolver_network']),
    told: ['7:3 host.resolver_network: resolver_network goes with hostname; ipv4 and ipv6 take network'],
  },
  {
    slip: 'scheme',
    text: e(['orders.internal', 'https://orders.internal']),
    told: [
      '6:13 host.hostname: expected a bare host name without a scheme (the port fields select the scheme), found "https://orders.internal"',
    ],
  },
  {
    slip: 'hport',
    text: e(['orders.internal', 'orders.internal:5432']),
    told: [
      '6:13 host.hostname: expected a bare host name without a port (use http_port, https_port or tcp_port), found "orders.internal:5432"',
    ],
  },
  {
    slip: 'hpath',
    text: e(['orders.internal', 'orders.internal/db']),
    told: ['6:13 host.hostname: expected a bare host name without a path, found "orders.internal/db"'],
  },
  {
    slip: 'hspace',
    text: e(['orders.internal', 'orders internal']),
    told: ['6:13 host.hostname: expected a host name without spaces, found "orders internal"'],
  },
  {
    slip: 'hspace q',
    text: e(['orders.internal', '" orders.internal"']),
    told: ['6:13 host.hostname: expected a host name without spaces, found " orders.internal"'],
  },
  {
    slip: 'hat',
    text: e(['orders.internal', 'user@orders.internal']),
    told: ['6:13 host.hostname: expected a bare host name without a user, found "user@orders.internal"'],
  },
  {
    slip: 'hdots',
    text: e(['orders.internal', 'orders..internal']),
    told: ['6:13 host.hostname: expected a host name without empty parts between its dots, found "orders..internal"'],
  },
  {
    slip: 'hdot lead',
    text: e(['orders.internal', '.orders.internal']),
    told: ['6:13 host.hostname: expected a host name without empty parts between its dots, found ".orders.internal"'],
  },
  {
    slip: 'humlaut',
    text: e(['orders.internal', 'bücher.internal']),
    told: [
      '6:13 host.hostname: expected a host name of ASCII letters (write other letters as xn--…), found "bücher.internal"',
    ],
  },
  {
    slip: 'hip',
    text: e(['orders.internal', '10.0.0.12']),
    told: ['6:13 host.hostname: expected a host name (an address goes into host.ipv4), found "10.0.0.12"'],
  },
  {
    slip: 'hip6',
    text: e(['orders.internal', 'fd00::12']),
    told: ['6:13 host.hostname: expected a host name (an address goes into host.ipv6), found "fd00::12"'],
  },
  {
    slip: 'hnum',
    text: e(['orders.internal', '42']),
    told: [
      '6:13 host.hostname: expected a host name such as orders.internal, found 42, which YAML reads as a number; put it in quotes',
    ],
  },
  {
    slip: 'hlong',
    text: e(['orders.internal', 'a'.repeat(64) + '.internal']),
    told: [
      '6:13 host.hostname: expected a host name of parts of at most 63 characters, joined by dots, found "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.internal"',
    ],
  },
  {
    slip: 'v4 256',
    text: a(['10.0.0.12', '10.0.0.256']),
    told: ['6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "10.0.0.256"; 256 is greater than 255'],
  },
  {
    slip: 'v4 short',
    text: a(['10.0.0.12', '10.0.12']),
    told: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "10.0.12"; write 4 numbers separated by dots, not 3',
    ],
  },
  {
    slip: 'v4 two',
    text: a(['10.0.0.12', '10.0']),
    told: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found 10.0; write 4 numbers separated by dots, not 2',
    ],
  },
  {
    slip: 'v4 cidr',
    text: a(['10.0.0.12', '10.0.0.12/32']),
    told: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "10.0.0.12/32"; write a single address, without /32',
    ],
  },
  {
    slip: 'v4 port',
    text: a(['10.0.0.12', '10.0.0.12:80']),
    told: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "10.0.0.12:80"; write the port in http_port, https_port or tcp_port',
    ],
  },
  {
    slip: 'v4 zero',
    text: a(['10.0.0.12', '10.0.0.012']),
    told: ['6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "10.0.0.012"; write 12 instead of 012'],
  },
  {
    slip: 'v4 name',
    text: a(['10.0.0.12', 'orders.internal']),
    told: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "orders.internal"; write a host name in host.hostname, with resolver_network',
    ],
  },
  {
    slip: 'v4 is v6',
    text: a(['10.0.0.12', 'fd00::12']),
    told: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "fd00::12"; write an IPv6 address in host.ipv6',
    ],
  },
  {
    slip: 'v4 list',
    text: a(['10.0.0.12', '[10.0.0.12]']),
    told: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found a list; write the address itself, not a list',
    ],
  },
  {
    slip: 'v6 is v4',
    text: a(['ipv4: 10.0.0.12', 'ipv6: 10.0.0.12']),
    told: [
      '6:9 host.ipv6: expected an IPv6 address such as fd00::12, found "10.0.0.12"; write an IPv4 address in host.ipv4',
    ],
  },
  {
    slip: 'v6 brackets',
    text: a(['ipv4: 10.0.0.12', 'ipv6: "[fd00::12]"']),
    told: ['6:9 host.ipv6: expected an IPv6 address such as fd00::12, found "[fd00::12]"; write fd00::12'],
  },
  {
    slip: 'v6 brackets bare',
    text: a(['ipv4: 10.0.0.12', 'ipv6: [fd00::12]']),
    told: [
      '6:9 host.ipv6: expected an IPv6 address such as fd00::12, found a list; write the address itself, not a list',
    ],
  },
  {
    slip: 'v6 zone',
    text: a(['ipv4: 10.0.0.12', 'ipv6: fe80::1%eth0']),
    told: ['6:9 host.ipv6: expected an IPv6 address such as fd00::12, found "fe80::1%eth0"; remove the zone %eth0'],
  },
  {
    slip: 'v6 twice',
    text: a(['ipv4: 10.0.0.12', 'ipv6: fd00::1::2']),
    told: ['6:9 host.ipv6: expected an IPv6 address such as fd00::12, found "fd00::1::2"; "::" can appear only once'],
  },
  {
    slip: 'v6 end colon',
    text: a(['ipv4: 10.0.0.12', 'ipv6: fd00::']),
    told: [
      '6:9 not valid YAML: found a second "key: value" on one line; put a value that contains a colon in quotes, or begin a new line',
    ],
  },
  {
    slip: 'v6 cidr',
    text: a(['ipv4: 10.0.0.12', 'ipv6: fd00::1/64']),
    told: [
      '6:9 host.ipv6: expected an IPv6 address such as fd00::12, found "fd00::1/64"; write a single address, without /64',
    ],
  },
  {
    slip: 'uuid short',
    text: e([ID, ID.slice(0, -1)]),
    told: [
      '1:13 service_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "0191e3a4-5b6c-7d8e-9f00-11223344556"; its last group has 11 digits instead of 12',
    ],
  },
  {
    slip: 'uuid long',
    text: e([ID, ID + '0']),
    told: [
      '1:13 service_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "0191e3a4-5b6c-7d8e-9f00-1122334455660"; its last group has 13 digits instead of 12',
    ],
  },
  {
    slip: 'uuid letter',
    text: e([ID, ID.replace('9f00', '9g00')]),
    told: [
      '1:13 service_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "0191e3a4-5b6c-7d8e-9g00-112233445566"; "g" is not a hexadecimal digit (0 to 9, a to f)',
    ],
  },
  {
    slip: 'uuid O',
    text: e([ID, ID.replace('9f00', '9fOO')]),
    told: [
      '1:13 service_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "0191e3a4-5b6c-7d8e-9fOO-112233445566"; "O" is not a hexadecimal digit (0 to 9, a to f)',
    ],
  },
  {
    slip: 'uuid no dash',
    text: e([ID, ID.replaceAll('-', '')]),
    told: [
      '1:13 service_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "0191e3a45b6c7d8e9f00112233445566"; write 0191e3a4-5b6c-7d8e-9f00-112233445566',
    ],
  },
  {
    slip: 'uuid braces',
    text: e([T, `{${T}}`]),
    told: [
      '8:16 host.resolver_network.tunnel_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found a mapping; remove the braces',
    ],
  },
  {
    slip: 'uuid urn',
    text: e([T, `urn:uuid:${T}`]),
    told: [
      '8:16 host.resolver_network.tunnel_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "urn:uuid:0191dce4-9ab4-7fce-b660-8e5dec5172da"; write 0191dce4-9ab4-7fce-b660-8e5dec5172da',
    ],
  },
  {
    slip: 'uuid space',
    text: e([T, `"${T} "`]),
    told: [
      '8:16 host.resolver_network.tunnel_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "0191dce4-9ab4-7fce-b660-8e5dec5172da "; write 0191dce4-9ab4-7fce-b660-8e5dec5172da',
    ],
  },
  {
    slip: 'uuid angle',
    text: e([T, `<tunnel-id>`]),
    told: [
      '8:16 host.resolver_network.tunnel_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "<tunnel-id>"; placeholders are not filled in, so write the actual value',
    ],
  },
  {
    slip: 'uuid name',
    text: e([T, `my-tunnel`]),
    told: [
      '8:16 host.resolver_network.tunnel_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "my-tunnel"; write the id, not the name',
    ],
  },
  {
    slip: 'uuid num',
    text: e([T, `12345678`]),
    told: [
      '8:16 host.resolver_network.tunnel_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found 12345678',
    ],
  },
  {
    slip: 'uuid missing',
    text: e([`service_id: ${ID}\n`, '']),
    told: ['1:1 service_id: missing; expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566'],
  },
  { slip: 'id key', text: e(['service_id', 'id']), told: ['1:1 id: unknown key "id"; did you mean "service_id"?'] },
  {
    slip: 'id camel',
    text: e(['service_id', 'serviceId']),
    told: ['1:1 serviceId: unknown key "serviceId"; did you mean "service_id"?'],
  },
  { slip: 'type misspelt', text: e(['type: tcp', 'type: tpc']), told: ['3:7 type: expected http or tcp, found "tpc"'] },
  {
    slip: 'type upper',
    text: e(['type: tcp', 'type: TCP']),
    told: ['3:7 type: expected http or tcp, found "TCP"; did you mean "tcp"?'],
  },
  {
    slip: 'type https',
    text: e(['type: tcp', 'type: https']),
    told: ['3:7 type: expected http or tcp, found "https"; did you mean "http"?'],
  },
  {
    slip: 'type postgres',
    text: e(['type: tcp', 'type: postgresql']),
    told: ['3:7 type: expected http or tcp, found "postgresql"; did you mean "tcp"?'],
  },
  { slip: 'type udp', text: e(['type: tcp', 'type: udp']), told: ['3:7 type: expected http or tcp, found "udp"'] },
  { slip: 'type list', text: e(['type: tcp', 'type: [tcp]']), told: ['3:7 type: expected http or tcp, found a list'] },
  { slip: 'type missing', text: e(['type: tcp\n', '']), told: ['1:1 type: missing; expected http or tcp'] },
  { slip: 'type empty', text: e([' tcp', '']), told: ['3:1 type: expected http or tcp, found nothing'] },
  {
    slip: 'proto',
    text: e(['type: tcp', 'type: tcp\napp_protocol: postgres']),
    told: ['4:15 app_protocol: expected postgresql or mysql, found "postgres"; did you mean "postgresql"?'],
  },
  {
    slip: 'proto psql',
    text: e(['type: tcp', 'type: tcp\napp_protocol: mariadb']),
    told: ['4:15 app_protocol: expected postgresql or mysql, found "mariadb"; did you mean "mysql"?'],
  },
  {
    slip: 'tls text',
    text: good + 'tls_settings: verify_full\n',
    told: [
      '9:15 tls_settings: expected a mapping with cert_verification_mode, found "verify_full"; write "cert_verification_mode: verify_full" under tls_settings',
    ],
  },
  {
    slip: 'tls mode',
    text: good + 'tls_settings:\n  cert_verification_mode: none\n',
    told: [
      '10:27 tls_settings.cert_verification_mode: expected verify_full, verify_ca or disabled, found "none"; did you mean "disabled"?',
    ],
  },
  {
    slip: 'tls mode dash',
    text: good + 'tls_settings:\n  cert_verification_mode: verify-full\n',
    told: [
      '10:27 tls_settings.cert_verification_mode: expected verify_full, verify_ca or disabled, found "verify-full"; did you mean "verify_full"?',
    ],
  },
  {
    slip: 'tls mode false',
    text: good + 'tls_settings:\n  cert_verification_mode: false\n',
    told: [
      '10:27 tls_settings.cert_verification_mode: expected verify_full, verify_ca or disabled, found false; did you mean "disabled"?',
    ],
  },
  {
    slip: 'tls missing',
    text: good + 'tls_settings:\n  client_certificate: ' + T + '\n',
    told: ['10:3 tls_settings.cert_verification_mode: missing; expected verify_full, verify_ca or disabled'],
  },
  {
    slip: 'tls ca disabled',
    text: good + 'tls_settings:\n  cert_verification_mode: disabled\n  certificate_authority: ' + T + '\n',
    told: [
      '11:26 tls_settings.certificate_authority: has no effect with cert_verification_mode disabled; remove one of them',
    ],
  },
  {
    slip: 'tls pem',
    text:
      good +
      'tls_settings:\n  cert_verification_mode: verify_ca\n  certificate_authority: |\n    -----BEGIN CERTIFICATE-----\n    MIIB\n    -----END CERTIFICATE-----\n',
    told: [
      '11:26 tls_settings.certificate_authority: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n"; upload the certificate to Cloudflare and write its id',
    ],
  },
  {
    slip: 'tls path',
    text: good + 'tls_settings:\n  cert_verification_mode: verify_ca\n  certificate_authority: /etc/ca.pem\n',
    told: [
      '11:26 tls_settings.certificate_authority: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "/etc/ca.pem"; upload the certificate to Cloudflare and write its id',
    ],
  },
  {
    slip: 'tls key',
    text: good + 'tls_settings:\n  cert_verification: verify_ca\n',
    told: [
      '10:3 tls_settings.cert_verification: unknown key "cert_verification"; did you mean "cert_verification_mode"?',
    ],
  },
  {
    slip: 'mode top',
    text: good + 'cert_verification_mode: verify_ca\n',
    told: ['9:1 cert_verification_mode: unknown key "cert_verification_mode" here; it belongs under tls_settings'],
  },
  { slip: 'tls unknown', text: good + 'tls: {}\n', told: ['9:1 tls: unknown key "tls"; did you mean "tls_settings"?'] },
  {
    slip: 'unknown key',
    text: good + 'description: x\n',
    told: ['9:1 description: unknown key "description"; remove it'],
  },
  { slip: 'labels', text: good + 'labels:\n  team: x\n', told: ['9:1 labels: unknown key "labels"; remove it'] },
  { slip: 'name missing', text: e(['name: orders-db\n', '']), told: ['1:1 name: missing; expected a name'] },
  { slip: 'name empty', text: e(['orders-db', '""']), told: ['2:7 name: expected a name, found ""'] },
  {
    slip: 'name number',
    text: e(['orders-db', '123']),
    told: ['2:7 name: expected a name, found 123, which YAML reads as a number; put it in quotes'],
  },
  {
    slip: 'name true2',
    text: e(['orders-db', 'True']),
    told: ['2:7 name: expected a name, found True, which YAML reads as a boolean; put it in quotes'],
  },
  { slip: 'name null', text: e(['orders-db', 'null']), told: ['2:7 name: expected a name, found nothing'] },
  { slip: 'name list', text: e(['orders-db', '[a]']), told: ['2:7 name: expected a name, found a list'] },
  { slip: 'name map', text: e(['orders-db', '{a: b}']), told: ['2:7 name: expected a name, found a mapping'] },
  {
    slip: 'name colon',
    text: e(['orders-db', 'orders: db']),
    told: [
      '2:7 not valid YAML: found a second "key: value" on one line; put a value that contains a colon in quotes, or begin a new line',
    ],
  },
  { slip: 'empty', text: '', told: ['1:1 expected a declaration, found an empty file'] },
  { slip: 'blank', text: '\n\n', told: ['1:1 expected a declaration, found an empty file'] },
  {
    slip: 'second doc broken',
    text: good + '---\n' + e([ID, OTHER], ['orders-db', 'b'], ['tcp_port: 5432', 'tcp_port 5432']),
    told: ['13:1 not valid YAML: expected "key: value", found no colon followed by a space; write tcp_port: 5432'],
  },
  {
    slip: 'second doc invalid',
    text: good + '---\n' + e([ID, OTHER], ['orders-db', 'b'], ['5432', '0']),
    told: ['13:11 tcp_port: expected a port, a whole number from 1 to 65535, found 0'],
  },
  {
    slip: 'missing ---',
    text: good + e([ID, OTHER]),
    told: ['9:1 service_id: a second service begins here, after the one at line 1; add a line of --- before it'],
  },
  {
    slip: '-- sep',
    text: good + '--\n' + good,
    told: [
      '9:1 not valid YAML: expected "key: value", found "--"; separate services with a line of exactly three dashes (---)',
    ],
  },
  {
    slip: '---- sep',
    text: good + '----\n' + good,
    told: [
      '9:1 not valid YAML: expected "key: value", found "----"; separate services with a line of exactly three dashes (---)',
    ],
  },
  {
    slip: 'json comment',
    text: j(['  "name"', '  // the name\n  "name"']),
    told: ['3:3 // the name "name": unknown key "// the name \\"name\\""; JSON has no comments, so remove it'],
  },
  {
    slip: 'json block comment',
    text: j(['  "name"', '  /* the name */\n  "name"']),
    told: ['3:3 /* the name */ "name": unknown key "/* the name */ \\"name\\""; JSON has no comments, so remove it'],
  },
  {
    slip: 'json no comma',
    text: j(['"tcp",', '"tcp"']),
    told: ['5:3 not valid YAML: expected a comma or a closing bracket before this'],
  },
  {
    slip: 'json two commas',
    text: j(['"tcp",', '"tcp",,']),
    told: ['4:17 not valid YAML: found a comma with nothing before it; remove it'],
  },
  {
    slip: 'json no close',
    text: json.slice(0, -2),
    told: ['1:1 not valid YAML: this { is never closed; add the missing }'],
  },
  {
    slip: 'json extra',
    text: json + '}\n',
    told: ['11:1 not valid YAML: found a closing bracket without an opening bracket; remove it'],
  },
  { slip: 'json eq', text: j(['"type": ', '"type"= ']), told: ['4:9 not valid YAML: expected a colon, found ='] },
  {
    slip: 'json two',
    text: json + json,
    told: ['11:1 not valid YAML: found more text after the closing bracket; separate services with a line of ---'],
  },
  { slip: 'json unq', text: j(['"tcp"', 'tcp port']), told: ['4:11 type: expected http or tcp, found "tcp port"'] },
  {
    slip: 'json dup',
    text: j(['"type"', '"name": "x",\n  "type"']),
    told: ['4:3 name: duplicate key "name", first used at line 3; keep one of them'],
  },
  {
    slip: 'json open quote',
    text: j(['"tcp"', '"tcp']),
    told: ['4:11 not valid YAML: this " is not closed on its line; add a closing " after the text'],
  },
  {
    slip: 'json no colon',
    text: j(['"type": ', '"type" ']),
    told: ['4:10 not valid YAML: expected a comma or a closing bracket before this'],
  },
  {
    slip: 'toml',
    text: 'name = "x"\ntype = "tcp"\n',
    told: [
      '1:1 expected a mapping that declares one service, found "name = \\"x\\" type = \\"tcp\\""; write "key: value" instead of "key = value"',
    ],
  },
  {
    slip: 'html',
    text: '<html>\n<body>404</body>\n',
    told: ['1:1 expected a mapping that declares one service, found "<html> <body>404</body>"'],
  },
  {
    slip: 'conflict',
    text: good + '<<<<<<< HEAD\na: b\n=======\n',
    told: ['9:1 found a merge conflict; resolve it and remove the markers <<<<<<<, ======= and >>>>>>>'],
  },
  {
    slip: 'conflict rest',
    text: good + '=======\na: b\n>>>>>>> x\n',
    told: ['11:1 found a merge conflict; resolve it and remove the markers <<<<<<<, ======= and >>>>>>>'],
  },
  {
    slip: 'bom',
    text: '\uFEFF' + e(['5432', '0']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found 0'],
  },
  {
    slip: 'bom l1',
    text: '\uFEFF' + e([ID, '1']),
    told: ['1:14 service_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found 1'],
  },
  {
    slip: 'bom twice',
    text: '\uFEFF\uFEFF' + good,
    told: ['1:2 \\u{feff}service_id: unknown key "\\u{feff}service_id"; remove the invisible character U+FEFF'],
  },
  {
    slip: 'bom mid',
    text: good + '\uFEFF---\n' + good,
    told: [
      '9:1 not valid YAML: expected "key: value", found the character U+FEFF, which is invisible or looks like a space; remove it or replace it with a space',
      '11:1 name: duplicate key "name", first used at line 2; keep one of them',
      '12:1 type: duplicate key "type", first used at line 3; keep one of them',
      '13:1 tcp_port: duplicate key "tcp_port", first used at line 4; keep one of them',
      '14:1 host: duplicate key "host", first used at line 5; keep one of them',
    ],
  },
  {
    slip: 'nbsp',
    text: e(['tcp_port: 5432', 'tcp_port:\u00a05432']),
    told: [
      '4:1 not valid YAML: expected "key: value", found the character U+00A0, which is invisible or looks like a space; remove it or replace it with a space',
    ],
  },
  {
    slip: 'nbsp indent',
    text: e(['  hostname', '\u00a0\u00a0hostname']),
    told: [
      '6:1 not valid YAML: expected "key: value", found the character U+00A0, which is invisible or looks like a space; remove it or replace it with a space',
    ],
  },
  {
    slip: 'zwsp',
    text: e(['orders.internal', 'orders\u200b.internal']),
    told: [
      '6:13 host.hostname: expected a host name of ASCII letters (write other letters as xn--…), found "orders\\u{200b}.internal"',
    ],
  },
  {
    slip: 'zwsp key',
    text: e(['tcp_port:', 'tcp_port\u200b:']),
    told: ['4:1 tcp_port\\u{200b}: unknown key "tcp_port\\u{200b}"; remove the invisible character U+200B'],
  },
  {
    slip: 'cr only',
    text: good.replaceAll('\n', '\r'),
    told: ['1:13 not valid YAML: found line endings of CR without LF; save the file with Unix line endings (LF)'],
  },
  {
    slip: 'crypt',
    text: '$ANSIBLE_VAULT;1.1;AES256\n6638643965\n',
    told: [
      '1:1 expected a mapping that declares one service, found "$ANSIBLE_VAULT;1.1;AES256 6638643965"; decrypt the file',
    ],
  },
  { slip: 'question', text: e(['name: orders-db', '? name']), told: ['2:3 name: expected a name, found nothing'] },
  {
    slip: 'list on key line',
    text: e(['name: orders-db', 'name: - orders-db']),
    told: [
      '2:7 not valid YAML: found a list item ("- ") in the wrong place; begin a list on the line after its key, or remove the "-"',
    ],
  },
  {
    slip: 'block in flow',
    text: e(['host:', 'host: {']),
    told: [
      '5:7 not valid YAML: this { is never closed; add the missing }',
      '6:13 not valid YAML: expected a comma or a closing bracket before this',
    ],
  },
  {
    slip: 'text after doc end',
    text: good + '... x\n',
    told: ['9:5 not valid YAML: found more text after the end of a value; put the whole value in quotes'],
  },
  {
    slip: 'long key',
    text: e(['name:', 'n'.repeat(1100) + ':']),
    told: ['2:1 not valid YAML: expected a key of at most 1024 characters, found a longer one'],
  },
  {
    slip: 'nan',
    text: e(['5432', '.inf']),
    told: ['4:11 tcp_port: expected a port, a whole number from 1 to 65535, found .inf'],
  },
  {
    slip: 'key is list',
    text: '[a, b]: c\n' + good,
    told: [
      '1:1 not valid YAML: expected text as a key, found a list, a mapping or an alias; put text that begins with [, { or * in quotes',
    ],
  },
  {
    slip: 'patched',
    text: e(['type: tcp', '+type: tcp']),
    told: ['3:1 +type: unknown key "+type"; did you mean "type"?'],
  },
  {
    slip: 'two keys in line',
    text: e(['type: tcp\n', 'type: tcp tcp_port: 1\n']),
    told: [
      '3:7 not valid YAML: found a second "key: value" on one line; put a value that contains a colon in quotes, or begin a new line',
    ],
  },
  {
    slip: 'comma keys',
    text: e(['type: tcp\n', 'type: tcp, tcp_port: 1\n']),
    told: [
      '3:7 not valid YAML: found a second "key: value" on one line; put a value that contains a colon in quotes, or begin a new line',
    ],
  },
  {
    slip: 'comment no space',
    text: e(['name: orders-db', 'name: "orders-db"# x']),
    told: [
      '2:18 not valid YAML: found # directly after a value; add a space before it if it begins a comment, or put the whole value in quotes',
    ],
  },
  {
    slip: 'camel',
    text: e(['tcp_port', 'tcpPort'], ['resolver_network', 'resolverNetwork'], ['tunnel_id', 'tunnelId']),
    told: [
      '4:1 tcpPort: unknown key "tcpPort"; did you mean "tcp_port"?',
      '7:3 host.resolverNetwork: unknown key "resolverNetwork"; did you mean "resolver_network"?',
    ],
  },
  { slip: 'caps', text: e(['name:', 'Name:']), told: ['2:1 Name: unknown key "Name"; did you mean "name"?'] },
  {
    slip: 'key quoted sp',
    text: e(['name:', '"name ":']),
    told: ['2:1 name : unknown key "name "; did you mean "name"?'],
  },
  {
    slip: 'null host',
    text: e(['orders.internal', 'null']),
    told: ['6:3 host: no address: give ipv4 and/or ipv6 with network, or hostname with resolver_network'],
  },
  {
    slip: 'something else altogether',
    text: 'a: 1\nb: 2\nc: 3\nd: 4\n',
    told: [
      '1:1 expected a service (service_id, name, type, host …), found "a", "b", "c" …; if it is not a declaration, move the file out of the folder or change "include"',
    ],
  },
  {
    slip: 'TLS settings as another text',
    text: good + 'tls_settings: strict\n',
    told: ['9:15 tls_settings: expected a mapping with cert_verification_mode, found "strict"'],
  },
  {
    slip: 'an IPv4 address as the host',
    text: before('host:') + 'host: 10.0.0.12\n',
    told: [
      '5:7 host: expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network, found "10.0.0.12"; write "ipv4: 10.0.0.12" under host, with network',
    ],
  },
  {
    slip: 'an IPv6 address as the host',
    text: before('host:') + 'host: fd00::12\n',
    told: [
      '5:7 host: expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network, found "fd00::12"; write "ipv6: fd00::12" under host, with network',
    ],
  },
  {
    slip: 'a host name with a space as the host',
    text: before('host:') + 'host: orders internal\n',
    told: [
      '5:7 host: expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network, found "orders internal"',
    ],
  },
  {
    slip: 'a list as the network',
    text: e(['    tunnel_id', '    - tunnel_id']),
    told: [
      '8:5 host.resolver_network: expected a mapping with tunnel_id and, optionally, resolver_ips, found a list; remove the "-"',
    ],
  },
  {
    slip: 'an empty network',
    text: a(['    tunnel_id', '  # tunnel_id']),
    told: ['7:3 host.network: nothing in it: ipv4 and ipv6 need network with a tunnel_id'],
  },
  {
    slip: 'a colon of another script',
    text: e(['tcp_port: ', 'tcp_port\uFF1A ']),
    told: [
      '4:1 not valid YAML: expected "key: value", found the character U+FF1A, which looks like a colon; replace it with a colon',
    ],
  },
  {
    slip: 'a long line without a colon',
    text: e(['name: orders-db', `name ${'x'.repeat(70)}`]),
    told: [
      '2:1 not valid YAML: expected "key: value", found no colon followed by a space; write name: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…',
    ],
  },
  {
    slip: 'every key in camel case',
    text: 'serviceId: x\ntcpPort: 1\n',
    told: [
      '1:1 host: missing; expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network',
      '1:1 name: missing; expected a name',
      '1:1 type: missing; expected http or tcp',
      '1:1 serviceId: unknown key "serviceId"; did you mean "service_id"?',
      '2:1 tcpPort: unknown key "tcpPort"; did you mean "tcp_port"?',
    ],
  },
  {
    slip: 'an address that is a sentence',
    text: a(['10.0.0.12', 'the old printer']),
    told: ['6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "the old printer"'],
  },
  {
    slip: 'an empty text of resolvers',
    text: e([`tunnel_id: ${T}`, `tunnel_id: ${T}\n    resolver_ips: ""`]),
    told: ['9:19 host.resolver_network.resolver_ips: expected a list of addresses such as [10.0.0.53], found ""'],
  },
  {
    slip: 'an open double quote with an escaped one',
    text: e(['name: orders-db', 'name: "the \\"orders\\" db']),
    told: ['2:7 not valid YAML: this " is never closed; add a closing " after the text'],
  },
  {
    slip: 'an open single quote with a doubled one',
    text: e(['name: orders-db', "name: 'tom''s db"]),
    told: ["2:7 not valid YAML: this ' is never closed; add a closing ' after the text"],
  },
  {
    slip: 'an address as a number',
    text: a(['10.0.0.12', '10']),
    told: [
      '6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found 10; write 4 numbers separated by dots, not 1',
    ],
  },
  {
    slip: 'an address as a URL',
    text: a(['10.0.0.12', 'http://10.0.0.12']),
    told: ['6:9 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "http://10.0.0.12"; write 10.0.0.12'],
  },
  {
    slip: 'a UUID of six groups',
    text: e([ID, `${ID}-0000`]),
    told: [
      '1:13 service_id: expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566, found "0191e3a4-5b6c-7d8e-9f00-112233445566-0000"; it has 6 groups of digits instead of 5',
    ],
  },
  {
    slip: 'a text in angle brackets behind !',
    text: e(['orders-db', '!<orders']),
    told: ['2:7 not valid YAML: found ! at the start of a value, which makes it a tag; put the value in quotes'],
  },
  {
    slip: 'a text between exclamation marks',
    text: e(['orders-db', '!orders!db']),
    told: ['2:7 not valid YAML: found ! at the start of a value, which makes it a tag; put the value in quotes'],
  },
  {
    slip: 'two exclamation marks',
    text: e(['orders-db', '!! orders']),
    told: ['2:7 not valid YAML: found ! at the start of a value, which makes it a tag; put the value in quotes'],
  },
])('$slip', ({ text, told }) => {
  const { declarations, skipped, problems } = parseFile('f.yaml', text);
  expect(problems.map((problem) => renderProblem(problem).replace(/^f\.yaml:/, ''))).toEqual(told);
  expect(declarations.length).toBeLessThan(text.split('service_id').length);
  expect(skipped.length).toBeGreaterThan(0);
  for (const { message, line, column } of problems) {
    expect(message).not.toMatch(JARGON);
    const shown = text.split('\n')[line - 1];
    expect(shown).toBeDefined();
    expect(column).toBeLessThanOrEqual((shown ?? '').length + 1);
  }
});

/** Of parsers and validators, and of what they throw. */
const JARGON =
  /\b(?:implicit|flow|scalar|node|token|stream|collection|undefined|null|NaN|invalid|regex|union|zod|Error|at \w+\.)\b/;

test.for([
  ['a tab behind a colon', e(['name: orders', 'name:\torders'])],
  ['deep indentation', e(['    tunnel', '      tunnel'])],
  ['curly quotes', e(['name: orders-db', `name: “orders-db”`])],
  ['close only', e(['name: orders-db', `name: orders-db"`])],
  ['name true', e(['orders-db', 'on'])],
  ['json trailing comma', j(['}\n}', '},\n}'])],
  ['json sq', j(['"tcp"', "'tcp'"])],
  ['json no quote key', j(['"type": ', 'type: '])],
  ['control', e(['orders-db', 'orders\u0000db'])],
  ['times', e(['orders-db', '12:30'])],
])('and what looks like a slip and is none: %s', ([, text = '']) => {
  const { declarations, problems } = parseFile('f.yaml', text);
  expect({ declarations: declarations.length, problems }).toEqual({ declarations: 1, problems: [] });
});

test('very many slips of one file are told as fast as a few', () => {
  const { problems } = parseFile('f.yaml', 'a: [}\n---\n'.repeat(10_000));
  expect(problems).toHaveLength(20);
  expect(problems[0]).toMatchObject({
    line: 1,
    column: 5,
    message: 'not valid YAML: expected a closing ], found }',
  });
  expect(problems.at(-1)?.message).toMatch(/^\d+ more problems from this line on$/);
});
