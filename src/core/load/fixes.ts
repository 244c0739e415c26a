import * as z from 'zod';
import { isObject } from '../base/json.ts';
import { formatSuggestions, suggest } from '../base/suggest.ts';

/**
 * The way out of a usual slip, to stand behind "expected …, found …"; empty where none is known. `path` is that of the field, as in
 * `host.network.tunnel_id`; `spelling` is how the file has a value that is no text.
 */
export function hint(path: string, value: unknown, spelling: string | undefined): string {
  const field = path.slice(path.lastIndexOf('.') + 1).replace(/\[\d+\]$/, '[]');
  const text = typeof value === 'number' && !field.endsWith('port') ? spelling : value;
  if (typeof text === 'string' && PLACEHOLDER.test(text)) return '; nothing is filled in here, write the value itself';
  const way = HINTS.get(field)?.(text) ?? null;
  return way === null || way.startsWith(';') ? (way ?? '') : `; ${way}`;
}

/** What templates, shells and instructions leave in a file. */
const PLACEHOLDER = /^\$\{.*\}$|^\$[A-Z_]+$|^<[^<>]*>$|^\{\{.*\}\}$|^(?:todo|changeme|x{3,})$/i;

type Hint = (value: unknown) => string | null;

const HINTS: ReadonlyMap<string, Hint> = new Map<string, Hint>([
  ['service_id', ofUuid],
  ['tunnel_id', ofUuid],
  ['certificate_authority', ofCertificate],
  ['client_certificate', ofCertificate],
  ['http_port', ofPort],
  ['https_port', ofPort],
  ['tcp_port', ofPort],
  ['ipv4', (value) => ofAddress(value, { other: 'ipv6' })],
  ['ipv6', (value) => ofAddress(value, { other: 'ipv4' })],
  ['resolver_ips', ofResolvers],
  ['resolver_ips[]', (value) => ofAddress(value, { other: null })],
  ['type', (value) => ofChoice(value, ['http', 'tcp'], { postgresql: 'tcp', postgres: 'tcp', mysql: 'tcp' })],
  ['app_protocol', (value) => ofChoice(value, ['postgresql', 'mysql'], { mariadb: 'mysql', psql: 'postgresql' })],
  ['cert_verification_mode', (value) => ofChoice(value, MODES, { none: 'disabled', off: 'disabled' })],
  ['host', ofHost],
  ['network', ofNetwork],
  ['resolver_network', ofNetwork],
  ['tls_settings', (value) => (isOneOf(value, MODES) ? `write cert_verification_mode: ${value} below it` : null)],
]);

const MODES = ['verify_full', 'verify_ca', 'disabled'];
const GROUPS = [8, 4, 4, 4, 12];
const GROUP_NAMES = ['first', 'second', 'third', 'fourth', 'last'];

function ofUuid(value: unknown): string | null {
  // What YAML makes of a UUID in braces.
  if (isObject(value) && Object.keys(value).every(isUuid)) return 'remove the braces';
  if (typeof value !== 'string') return null;
  const digits = value.replaceAll(/urn:uuid:|[^0-9a-f]/gi, '');
  // All the digits are there, and what else there is holds none.
  if (digits.length === 32 && !/[g-z]/i.test(value.replace(/urn:uuid:/i, ''))) return `write ${uuidOf(digits)}`;
  if (/^[a-z][\w ]*(?:-[\w]+){0,2}$/i.test(value)) return 'write the id, not a name';
  if (!/^[0-9a-z]+(?:-[0-9a-z]+){3,5}$/i.test(value)) return null;
  const letter = /[g-z]/i.exec(value)?.[0];
  if (letter !== undefined) return `"${letter}" is none of its digits, 0 to 9 and a to f`;
  const groups = value.split('-');
  if (groups.length !== GROUPS.length) return `it has ${groups.length} groups of digits, not ${GROUPS.length}`;
  const odd = groups.findIndex((group, index) => group.length !== GROUPS[index]);
  return `its ${GROUP_NAMES[odd]} group has ${groups[odd]?.length} digits, not ${GROUPS[odd]}`;
}

function uuidOf(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-').toLowerCase();
}

function ofCertificate(value: unknown): string | null {
  const isFile = typeof value === 'string' && /^-----BEGIN|\.(?:pem|crt|cer|key)$/.test(value);
  return isFile ? 'upload the certificate, and write the id that it gets' : ofUuid(value);
}

function ofPort(value: unknown): string | null {
  const one = 'write one port, that on which the service listens';
  if (Array.isArray(value)) return one;
  if (typeof value !== 'string') return null;
  const numbers = value.replaceAll(/(?<=\d)[,_](?=\d{3}\b)/g, '').match(/\d+/g) ?? [];
  if (numbers.length > 1) return one;
  return numbers.length === 1 && /^[^a-z-]*\d[^a-z-]*(?:\/\s*[a-z]+)?$/i.test(value) ? `write ${numbers[0]}` : null;
}

/** `other` is the field for addresses of the other family; null where both are welcome. */
function ofAddress(value: unknown, { other }: { readonly other: 'ipv4' | 'ipv6' | null }): string | null {
  if (Array.isArray(value) && value.length === 1) return 'write it without brackets';
  if (typeof value !== 'string') return null;
  if (other !== null && isAddress(value)) return `this one goes into host.${other}`;
  const bare = value
    .trim()
    .replace(/^\w+:\/\//, '')
    .replace(/^\[(.*)\]$/, '$1');
  if (bare !== value && isAddress(bare)) return `write ${bare}`;
  const [address = '', rest = ''] = value.split(/(?=[/%])|(?<=^[\d.]+|\]):/);
  if (rest !== '' && isAddress(address.replace(/^\[(.*)\]$/, '$1'))) {
    if (rest.startsWith('/')) return `write one address, without ${rest}`;
    if (rest.startsWith('%')) return `write it without the zone ${rest}`;
    return other === null ? 'write it without the port' : 'the port goes into http_port, https_port or tcp_port';
  }
  if (/^\d+(?:\.\d+)*$/.test(value)) return ofNumbers(value.split('.'));
  if (/::.*::/.test(value)) return '"::" may stand in it once';
  if (!/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(value)) return null;
  return other === null
    ? 'a resolver is an address, not a name'
    : 'a name goes into host.hostname, with resolver_network';
}

function ofNumbers(numbers: readonly string[]): string | null {
  const large = numbers.find((number) => Number(number) > 255);
  if (large !== undefined) return `${large} is more than 255`;
  if (numbers.length !== 4) return `it consists of ${numbers.length}, not 4 numbers`;
  const padded = numbers.find((number) => /^0\d/.test(number));
  return `write ${Number(padded)} instead of ${padded}`;
}

function ofResolvers(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  if (/^-\S/.test(value)) return 'put a space behind the -';
  const addresses = value.split(/[\s,;]+/).filter((each) => each !== '');
  return addresses.length > 0 && addresses.every(isAddress) ? `write [${addresses.join(', ')}]` : null;
}

function ofChoice(
  value: unknown,
  choices: readonly string[],
  aliases: Readonly<Record<string, string>>,
): string | null {
  // A switch that is off.
  if (value === false && choices === MODES) return formatSuggestions(['disabled']);
  if (typeof value !== 'string') return null;
  const alias = new Map(Object.entries(aliases)).get(value.toLowerCase());
  const near = alias === undefined ? suggest(value, choices) : [alias];
  return near.length > 0 ? formatSuggestions(near) : null;
}

function ofHost(value: unknown): string | null {
  if (Array.isArray(value)) return 'remove the "-": a service has one host';
  if (typeof value !== 'string') return null;
  if (isAddress(value)) return `write ${value.includes(':') ? 'ipv6' : 'ipv4'}: ${value} below it, and network`;
  return /^[a-z0-9_.-]+$/i.test(value) ? `write hostname: ${value} below it, and resolver_network` : null;
}

function ofNetwork(value: unknown): string | null {
  if (Array.isArray(value)) return 'remove the "-"';
  if (isUuid(value)) return `write tunnel_id: ${value} below it`;
  return typeof value === 'string' && value.startsWith('tunnel_id') ? 'put a colon and a space behind tunnel_id' : null;
}

function isUuid(value: unknown): value is string {
  return z.guid().safeParse(value).success;
}

function isAddress(value: string): boolean {
  return z.union([z.ipv4(), z.ipv6()]).safeParse(value).success;
}

function isOneOf(value: unknown, choices: readonly string[]): value is string {
  return typeof value === 'string' && choices.includes(value);
}
