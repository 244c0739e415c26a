import { isObject } from '../../base/json.ts';
import type { Fields } from '../../service/normalize.ts';
import type { Declaration, Tombstone } from '../declaration.ts';
import type { FieldPath } from '../field-path.ts';
import type { WarningCode } from './warning.ts';

/** A valid declaration, and its fields in normalized form. */
export type CheckedService = { readonly declaration: Declaration; readonly fields: Fields };

/** A warning about a field, before its place in the file is known. */
export type LocalWarning = Omit<ServiceWarning, 'service'> & { readonly declaration: Declaration | Tombstone };

/** A warning about a field of a service. */
export type ServiceWarning = {
  readonly service: CheckedService;
  readonly code: WarningCode;
  readonly path: FieldPath;
  readonly message: string;
};

type Rule = (service: CheckedService) => readonly ServiceWarning[];

/** The rules that look at one service at a time. */
export const SERVICE_RULES: readonly Rule[] = [
  checkHostname,
  checkTrailingDot,
  checkAddresses,
  checkResolvers,
  checkTls,
  checkPorts,
  checkName,
];

function checkHostname(service: CheckedService): readonly ServiceWarning[] {
  const name = textAt(service, 'host.hostname');
  if (name === '' || name.includes('.')) return [];
  const message =
    name === 'localhost'
      ? `"localhost" is the machine on which the tunnel runs; write the host name of the service`
      : `"${name}" has no domain, so the resolver of the tunnel may not find it; write the full name, for example ${name}.corp.internal`;
  return [{ service, code: 'single-label-hostname', path: ['host', 'hostname'], message }];
}

/** Warns about a dot that has no effect: host names are compared and sent without it. */
function checkTrailingDot(service: CheckedService): readonly ServiceWarning[] {
  const { hostname } = Object(service.declaration.value['host']);
  if (!String(hostname).endsWith('.')) return [];
  const message = 'the dot at the end has no effect, because host names are compared and sent without it; remove it';
  return [{ service, code: 'trailing-dot', path: ['host', 'hostname'], message }];
}

function checkAddresses(service: CheckedService): readonly ServiceWarning[] {
  return (['ipv4', 'ipv6'] as const).flatMap((key): ServiceWarning[] => {
    const reason = describeLocalAddress(textAt(service, `host.${key}`));
    if (reason === null) return [];
    const message = `${reason}; write the address of the service in its network`;
    return [{ service, code: 'local-address', path: ['host', key], message }];
  });
}

/** The link-local addresses at which AWS and Google Cloud provide a resolver to every machine. */
const CLOUD_RESOLVERS = new Set(['169.254.169.253', '169.254.169.254', 'fd00:ec2::253']);

function checkResolvers(service: CheckedService): readonly ServiceWarning[] {
  const addresses = service.fields.get('host.resolver_network.resolver_ips');
  const list: readonly unknown[] = Array.isArray(addresses) ? addresses : [];
  return list.map(String).flatMap((address, index): ServiceWarning[] => {
    const reason = CLOUD_RESOLVERS.has(address) ? null : describeLocalAddress(address);
    if (reason === null) return [];
    const message = `${reason}; write a resolver of the network, or omit resolver_ips to use the resolver of the tunnel`;
    return [{ service, code: 'local-resolver', path: ['host', 'resolver_network', 'resolver_ips', index], message }];
  });
}

/** Describes an address, in canonical form, that is a different machine depending on where it is used; null for any other address. */
function describeLocalAddress(address: string): string | null {
  if (address === '0.0.0.0' || address === '::') return `${address} is not the address of a machine`;
  if (/^127\.|^::1$/.test(address)) return `${address} is the machine on which the tunnel runs`;
  if (/^169\.254\.|^fe[89ab][0-9a-f]:/.test(address)) {
    return `${address} is link-local, a different machine in every network`;
  }
  return null;
}

function checkTls(service: CheckedService): readonly ServiceWarning[] {
  const { declaration, fields } = service;
  if (isObject(declaration.value['tls_settings']) && fields.has('http_port') && !fields.has('https_port')) {
    const message =
      'has no effect, because http_port without https_port means plain HTTP; remove tls_settings, or add https_port';
    return [{ service, code: 'tls-unused', path: ['tls_settings'], message }];
  }
  if (fields.get('tls_settings.cert_verification_mode') !== 'disabled') return [];
  const message =
    'without verification, another machine in the network can impersonate the service; upload its CA and use verify_ca or verify_full';
  return [{ service, code: 'tls-not-verified', path: ['tls_settings', 'cert_verification_mode'], message }];
}

function checkPorts(service: CheckedService): readonly ServiceWarning[] {
  const [http, https] = [service.fields.get('http_port'), service.fields.get('https_port')];
  const warnings: ServiceWarning[] = [];
  if (http === 443) {
    const message = '443 is the usual port of HTTPS, but http_port is for plain HTTP; did you mean "https_port"?';
    warnings.push({ service, code: 'swapped-ports', path: ['http_port'], message });
  }
  if (https === 80) {
    const message = '80 is the usual port of plain HTTP, but https_port is for HTTPS; did you mean "http_port"?';
    warnings.push({ service, code: 'swapped-ports', path: ['https_port'], message });
  }
  if (http !== undefined && http === https) {
    const message = `http_port is ${Number(http)} as well, but few servers accept both HTTP and HTTPS on one port; remove the field that does not apply`;
    warnings.push({ service, code: 'same-port', path: ['https_port'], message });
  }
  return warnings;
}

function checkName(service: CheckedService): readonly ServiceWarning[] {
  const reason = describeOddName(service.declaration.name);
  if (reason === null) return [];
  const message = `the name ${reason}; remove it, unless the live service really has this name`;
  return [{ service, code: 'odd-name', path: ['name'], message }];
}

function describeOddName(name: string): string | null {
  if (/[\p{Cc}\p{Cf}\u00A0]/u.test(name)) return 'contains an invisible character';
  if (/^\s|\s$/.test(name)) return 'begins or ends with a space';
  if (/^["'“”„‘’«»]|["'“”„‘’«»]$/.test(name)) return 'begins or ends with a quotation mark';
  return null;
}

/** Returns a field that is text, or an empty text. */
export function textAt({ fields }: CheckedService, path: string): string {
  const value = fields.get(path);
  return typeof value === 'string' ? value : '';
}
