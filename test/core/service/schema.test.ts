import { expect, test } from 'vitest';
import { declarationPaths } from '../../../src/core/service/fields.ts';
import { missingAlternatives, checkService, isSentence } from '../../../src/core/service/schema.ts';
import { apiResponse, http, id, tcp, tunnel } from '../builders.ts';

test('returns the id and the name of a valid service', () => {
  expect(checkService(tcp)).toMatchObject({ service: { service_id: id(1), name: 'db' }, issues: [] });
  expect(checkService(apiResponse(http))).toMatchObject({ service: { service_id: id(2), name: 'web' }, issues: [] });
});

test.for([
  ['an unknown type', { ...tcp, type: 'udp' }, ['type']],
  ['no type', { service_id: id(1), name: 'db', host: tcp.host }, ['type']],
  ['a null type, and more', { ...tcp, type: null, name: '', tcp_port: 0 }, ['name', 'type', 'tcp_port']],
  ['a field of another type', { ...http, tcp_port: 80 }, ['tcp_port']],
  ['nothing', {}, ['name', 'type', 'host']],
] as const)('reports %s', ([, value, paths]) => {
  const { service, issues } = checkService(value);
  expect(service).toBeNull();
  expect(issues.map(({ path }) => path.join('.'))).toEqual(paths);
});

test.for([
  [
    'accepts the ports of both types while the type is unknown',
    { ...http, type: null, http_port: 80, tcp_port: 80 },
    ['type'],
  ],
  ['accepts any value for the read-only timestamps', { ...tcp, created_at: [1], updated_at: 'yesterday' }, []],
] as const)('%s', ([, value, paths]) => {
  expect(checkService(value).issues.map(({ path }) => path.join('.'))).toEqual(paths);
});

test.for([
  ['a wrong port', { ...tcp, tcp_port: 0 }, false],
  ['a port in quotes', { ...tcp, tcp_port: '80' }, false],
  ['a field of another type', { ...tcp, http_port: 80 }, true],
  ['a bad host name', { ...tcp, host: { ...tcp.host, hostname: 'a b' } }, false],
  ['a host without its network', { ...tcp, host: { hostname: 'a' } }, true],
] as const)('whether the message about %s is a whole sentence', ([, value, expected]) => {
  expect(checkService(value).issues.map(isSentence)).toEqual([expected]);
});

test.for([
  [{}, ['host.ipv4', 'host.ipv6', 'host.hostname']],
  [{ hostname: 'a' }, ['host.resolver_network']],
  [{ ipv4: '10.0.0.12' }, ['host.network']],
  [{ ipv4: '10.0.0.12', resolver_network: { tunnel_id: tunnel } }, []],
] as const)('the host %j is missing one of %j', ([host, paths]) => {
  expect(checkService({ ...tcp, host }).issues.flatMap(missingAlternatives)).toEqual(paths);
});

test('any other issue is not about a missing field', () => {
  expect(checkService({ ...tcp, tcp_port: 0 }).issues.flatMap(missingAlternatives)).toEqual([]);
});

const first = ['service_id', 'name', 'type'];
const last = [
  'host',
  'host.ipv4',
  'host.ipv6',
  'host.network',
  'host.network.tunnel_id',
  'host.hostname',
  'host.resolver_network',
  'host.resolver_network.tunnel_id',
  'host.resolver_network.resolver_ips',
  'tls_settings',
  'tls_settings.cert_verification_mode',
  'tls_settings.certificate_authority',
  'tls_settings.client_certificate',
  'reconcile',
  'reconcile.ensure',
  'reconcile.renamed_from',
  'reconcile.pause',
  'reconcile.ignore',
  'created_at',
  'updated_at',
];

test.for([
  ['http', [...first, 'http_port', 'https_port', ...last]],
  ['tcp', [...first, 'tcp_port', 'app_protocol', ...last]],
  [undefined, [...first, 'http_port', 'https_port', 'tcp_port', 'app_protocol', ...last]],
] as const)('lists the fields of a declaration of type %s', ([type, paths]) => {
  expect(declarationPaths(type)).toEqual(paths);
});
