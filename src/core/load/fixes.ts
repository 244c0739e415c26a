import { isObject } from '../base/json.ts';
import { formatSuggestions, suggest } from '../base/text/suggest.ts';
import { addressSchema } from '../service/address.ts';
import { fieldByPath, FIELDS } from '../service/fields.ts';
import { uuid } from '../service/kinds.ts';
import type { Kind } from '../service/kinds.ts';

/**
 * Returns how to fix a common mistake, as the end of a message ("; write 5432"), or an empty text where no fix is known. `path` is the
 * field, for example `host.network.tunnel_id`; `source` is how the file writes a value that is not text.
 */
export function suggestFix(path: string, value: unknown, source: string | undefined): string {
  const kind = fieldByPath.get(path)?.value;
  const written = typeof value === 'number' && kind?.kind !== 'port' ? source : value;
  if (typeof written === 'string' && REFERENCE.test(written)) {
    return '; define it in a file of "values", or write the actual value';
  }
  if (typeof written === 'string' && PLACEHOLDER.test(written)) {
    return '; placeholders are not filled in, so write the actual value';
  }
  const fix = (LIST_ITEM.test(path) ? fixResolver(written) : fixField(path, kind, written)) ?? '';
  return fix === '' || fix.startsWith(';') ? fix : `; ${fix}`;
}

/** A reference to a value, where no values are set. */
const REFERENCE = /\$\{[\w.-]*\}/;

/** Text that templates, shells and instructions leave in a file. */
const PLACEHOLDER = /^\$[A-Z_]+$|^<[^<>]*>$|^\{\{.*\}\}$|^(?:todo|changeme|x{3,})$/i;

/** The only list in a declaration is that of resolvers. */
const LIST_ITEM = /\[\d+\]$/;

function fixField(path: string, kind: Kind | undefined, value: unknown): string | null {
  switch (kind?.kind) {
    case 'uuid':
      return fixUuid(value);
    case 'certificate':
      return fixCertificate(value);
    case 'port':
      return fixPort(value);
    case 'ipv4':
      return fixHostAddress(value, { otherFamily: 'ipv6' });
    case 'ipv6':
      return fixHostAddress(value, { otherFamily: 'ipv4' });
    case 'addresses':
      return fixResolvers(value);
    case 'choice':
      return fixChoice(value, kind.choices, CHOICE_ALIASES.get(path));
    case 'mapping':
      return fixMapping(path, value);
    case 'text':
    case 'hostname':
    case 'instruction':
    case 'anything':
    case undefined:
      return null;
  }
}

const GROUP_LENGTHS = [8, 4, 4, 4, 12];
const GROUP_NAMES = ['first', 'second', 'third', 'fourth', 'last'];

function fixUuid(value: unknown): string | null {
  // YAML reads a UUID in braces as a mapping.
  if (isObject(value) && Object.keys(value).every(isUuid)) return 'remove the braces';
  if (typeof value !== 'string') return null;
  const digits = value.replaceAll(/urn:uuid:|[^0-9a-f]/gi, '');
  const hasOtherLetters = /[g-z]/i.test(value.replace(/urn:uuid:/i, ''));
  if (digits.length === 32 && !hasOtherLetters) return `write ${formatUuid(digits)}`;
  if (/^[a-z][\w ]*(?:-[\w]+){0,2}$/i.test(value)) return 'write the id, not the name';
  return /^[0-9a-z]+(?:-[0-9a-z]+){3,5}$/i.test(value) ? explainUuid(value) : null;
}

/** Says what is wrong with a text that looks like a UUID. */
function explainUuid(value: string): string {
  const [letter] = /[g-z]/i.exec(value) ?? [];
  if (letter !== undefined) return `"${letter}" is not a hexadecimal digit (0 to 9, a to f)`;
  const groups = value.split('-');
  if (groups.length !== GROUP_LENGTHS.length) {
    return `it has ${groups.length} groups of digits instead of ${GROUP_LENGTHS.length}`;
  }
  const wrong = groups.findIndex((group, index) => group.length !== GROUP_LENGTHS[index]);
  return `its ${GROUP_NAMES[wrong]} group has ${groups[wrong]?.length} digits instead of ${GROUP_LENGTHS[wrong]}`;
}

function formatUuid(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-').toLowerCase();
}

function fixCertificate(value: unknown): string | null {
  const isFile = typeof value === 'string' && /^-----BEGIN|\.(?:pem|crt|cer|key)$/.test(value);
  return isFile ? 'upload the certificate to Cloudflare and write its id' : fixUuid(value);
}

function fixPort(value: unknown): string | null {
  const writeOne = 'write the one port on which the service listens';
  if (Array.isArray(value)) return writeOne;
  if (typeof value !== 'string') return null;
  const numbers = value.replaceAll(/(?<=\d)[,_](?=\d{3}\b)/g, '').match(/\d+/g) ?? [];
  if (numbers.length > 1) return writeOne;
  return numbers.length === 1 && /^[^a-z-]*\d[^a-z-]*(?:\/\s*[a-z]+)?$/i.test(value) ? `write ${numbers[0]}` : null;
}

const FAMILY_NAMES = { ipv4: 'IPv4', ipv6: 'IPv6' } as const;

function fixHostAddress(
  value: unknown,
  { otherFamily }: { readonly otherFamily: keyof typeof FAMILY_NAMES },
): string | null {
  if (typeof value === 'string' && isAddress(value)) {
    return `write an ${FAMILY_NAMES[otherFamily]} address in host.${otherFamily}`;
  }
  return fixAddress(value, {
    port: 'write the port in http_port, https_port or tcp_port',
    name: 'write a host name in host.hostname, with resolver_network',
  });
}

function fixResolver(value: unknown): string | null {
  return fixAddress(value, { port: 'remove the port', name: 'write the address of the resolver, not its name' });
}

/** The fixes for an address that has a port, or is a host name. */
type AddressFixes = { readonly port: string; readonly name: string };

function fixAddress(value: unknown, fixes: AddressFixes): string | null {
  if (Array.isArray(value) && value.length === 1) return 'write the address itself, not a list';
  if (typeof value !== 'string') return null;
  const fix = fixAddressSuffix(value, fixes) ?? fixDottedNumbers(value);
  if (fix !== null) return fix;
  if (/::.*::/.test(value)) return '"::" can appear only once';
  return /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(value) ? fixes.name : null;
}

/** For an address with something around it: a scheme, brackets, a prefix length, a zone or a port. */
function fixAddressSuffix(value: string, { port }: AddressFixes): string | null {
  const bare = withoutBrackets(value.trim().replace(/^\w+:\/\//, ''));
  if (bare !== value && isAddress(bare)) return `write ${bare}`;
  const [address = '', suffix = ''] = value.split(/(?=[/%])|(?<=^[\d.]+|\]):/);
  if (suffix === '' || !isAddress(withoutBrackets(address))) return null;
  if (suffix.startsWith('/')) return `write a single address, without ${suffix}`;
  return suffix.startsWith('%') ? `remove the zone ${suffix}` : port;
}

function withoutBrackets(text: string): string {
  return text.replace(/^\[(.*)\]$/, '$1');
}

function fixDottedNumbers(value: string): string | null {
  if (!/^\d+(?:\.\d+)*$/.test(value)) return null;
  const numbers = value.split('.');
  const large = numbers.find((number) => Number(number) > 255);
  if (large !== undefined) return `${large} is greater than 255`;
  if (numbers.length !== 4) return `write 4 numbers separated by dots, not ${numbers.length}`;
  const padded = numbers.find((number) => /^0\d/.test(number));
  return `write ${Number(padded)} instead of ${padded}`;
}

function fixResolvers(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  if (/^-\S/.test(value)) return 'add a space after the "-"';
  const addresses = value.split(/[\s,;]+/).filter((each) => each !== '');
  return addresses.length > 0 && addresses.every(isAddress) ? `write [${addresses.join(', ')}]` : null;
}

/** Words that people write instead of a choice, by field and in lower case. */
const CHOICE_ALIASES: ReadonlyMap<string, ReadonlyMap<unknown, string>> = new Map([
  [
    'type',
    new Map([
      ['postgresql', 'tcp'],
      ['postgres', 'tcp'],
      ['mysql', 'tcp'],
    ]),
  ],
  [
    'app_protocol',
    new Map([
      ['mariadb', 'mysql'],
      ['psql', 'postgresql'],
    ]),
  ],
  [
    'tls_settings.cert_verification_mode',
    new Map([
      ['none', 'disabled'],
      ['off', 'disabled'],
      ['false', 'disabled'],
    ]),
  ],
]);

function fixChoice(
  value: unknown,
  choices: readonly string[],
  aliases: ReadonlyMap<unknown, string> | undefined,
): string | null {
  if (typeof value !== 'string' && typeof value !== 'boolean') return null;
  const written = String(value);
  const alias = aliases?.get(written.toLowerCase());
  return formatSuggestions(alias === undefined ? suggest(written, choices) : [alias]);
}

function fixMapping(path: string, value: unknown): string | null {
  switch (path) {
    case 'host':
      return fixHost(value);
    case 'tls_settings':
      return fixTlsSettings(value);
    default:
      return fixNetwork(path, value);
  }
}

function fixHost(value: unknown): string | null {
  if (Array.isArray(value)) return 'remove the "-", because a service has one host';
  if (typeof value !== 'string') return null;
  if (isAddress(value)) return `write "${value.includes(':') ? 'ipv6' : 'ipv4'}: ${value}" under host, with network`;
  return /^[a-z0-9_.-]+$/i.test(value) ? `write "hostname: ${value}" under host, with resolver_network` : null;
}

function fixNetwork(path: string, value: unknown): string | null {
  if (Array.isArray(value)) return 'remove the "-"';
  if (isUuid(value)) return `write "tunnel_id: ${value}" under ${path}`;
  const isUnseparated = typeof value === 'string' && value.startsWith('tunnel_id');
  return isUnseparated ? 'add a colon and a space after tunnel_id' : null;
}

function fixTlsSettings(value: unknown): string | null {
  const { choices } = FIELDS['tls_settings.cert_verification_mode'].value;
  const mode = choices.find((choice) => choice === value);
  return mode === undefined ? null : `write "cert_verification_mode: ${mode}" under tls_settings`;
}

function isUuid(value: unknown): value is string {
  return uuid.schema.safeParse(value).success;
}

function isAddress(value: string): boolean {
  return addressSchema.safeParse(value).success;
}
