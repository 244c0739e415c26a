import { isObject } from '../base/json.ts';
import { normalize } from '../service/normalize.ts';
import type { Fields } from '../service/normalize.ts';
import type { Declaration } from './parse-file.ts';
import { byPlace } from './problem.ts';
import type { Problem } from './problem.ts';
import { pathText, readYaml } from './yaml.ts';
import type { Path } from './yaml.ts';

/*
 * What the API accepts and people rarely mean. A warning keeps nothing from being written: it is told by `validate` only, and can be
 * silenced by a comment on its line or directly above it: `# vpc-reconciler: ignore tls-not-verified`.
 */

/** Stable: they stand in people's files. */
export type WarningCode =
  | 'single-label-hostname'
  | 'local-address'
  | 'local-resolver'
  | 'tls-not-verified'
  | 'tls-unused'
  | 'swapped-ports'
  | 'same-port'
  | 'lone-tunnel'
  | 'name-case'
  | 'odd-name';

/** Something legal but doubtful: where it is, why, and what to do. */
export type Warning = Problem & { readonly code: WarningCode };

/** The warnings about declarations that hold, by their place. `textOf` gives the text of their files; a file without one has none. */
export function findWarnings(
  declarations: readonly Declaration[],
  textOf: (file: string) => string | null,
): readonly Warning[] {
  const services = declarations.map((declaration) => ({ declaration, fields: normalize(declaration.value).known }));
  const acrossAll = [...loneTunnels(services), ...nameCases(services)];
  const ofFile = Map.groupBy(services, ({ declaration }) => declaration.file);
  return [...ofFile]
    .flatMap(([file, ofThis]) => {
      const text = textOf(file);
      if (text === null) return [];
      const found = ofThis.flatMap((service) => [
        ...OF_ONE.flatMap((rule) => rule(service).map((suspicion) => ({ ...suspicion, service }))),
        ...acrossAll.filter((suspicion) => suspicion.service === service),
      ]);
      return placed(file, text, found);
    })
    .sort(byPlace);
}

type Service = { readonly declaration: Declaration; readonly fields: Fields };
type Suspicion = { readonly code: WarningCode; readonly path: Path; readonly message: string };
type Found = Suspicion & { readonly service: Service };

const OF_ONE: readonly ((service: Service) => readonly Suspicion[])[] = [
  hostnames,
  addresses,
  resolvers,
  verification,
  ports,
  names,
];

/** Gives the suspicions about one file their places, and leaves out those that it silences. */
function placed(file: string, text: string, found: readonly Found[]): Warning[] {
  if (found.length === 0) return [];
  const { documents, position } = readYaml(text);
  const lines = text.split('\n');
  return documents.flatMap((document) => {
    const { line } = position(document.offsetOfKey([]));
    return found
      .filter(({ service }) => service.declaration.line === line)
      .map(({ code, path, message }) => ({
        file,
        ...position(document.offsetOfValue(path)),
        path: pathText(path),
        message,
        code,
      }))
      .filter((warning) => !isSilenced(warning, lines));
  });
}

/** By a comment at the end of its line, or by those that have the lines directly above it to themselves. */
function isSilenced({ code, line }: Warning, lines: readonly string[]): boolean {
  const above = lines.slice(0, line - 1);
  const comments = above.slice(above.findLastIndex((each) => !/^\s*#/.test(each)) + 1);
  return [...comments, ...lines.slice(line - 1, line)].some((each) => ignoredIn(each).includes(code));
}

function ignoredIn(line: string): readonly string[] {
  const codes = /(?:^|\s)#\s*vpc-reconciler:\s*ignore\s+([a-z-]+(?:\s*,\s*[a-z-]+)*)/.exec(line)?.[1];
  return codes?.split(/\s*,\s*/) ?? [];
}

function hostnames({ fields }: Service): Suspicion[] {
  const name = fields.get('host.hostname');
  if (typeof name !== 'string' || name.replace(/\.$/, '').includes('.')) return [];
  const message =
    name === 'localhost'
      ? '"localhost" is whatever machine the tunnel runs on; write the name of the machine of the service'
      : `"${name}" is a name without a domain, which the resolver behind the tunnel may not find; write it in full, as in ${name.replace(/\.$/, '')}.corp.internal`;
  return [{ code: 'single-label-hostname', path: ['host', 'hostname'], message }];
}

function addresses({ fields }: Service): Suspicion[] {
  return (['ipv4', 'ipv6'] as const).flatMap((key): Suspicion[] => {
    const what = localAddress(textIn(fields, `host.${key}`));
    if (what === null) return [];
    const message = `${what}; write the address of the service in its network`;
    return [{ code: 'local-address', path: ['host', key], message }];
  });
}

/** Resolvers that a cloud gives to each of its machines under a link-local address: of AWS, and of Google Cloud. */
const CLOUD_RESOLVERS = new Set(['169.254.169.253', '169.254.169.254', 'fd00:ec2::253']);

function resolvers({ fields }: Service): Suspicion[] {
  const addresses = fields.get('host.resolver_network.resolver_ips');
  const list: readonly unknown[] = Array.isArray(addresses) ? addresses : [];
  return list.map(String).flatMap((address, index): Suspicion[] => {
    const what = CLOUD_RESOLVERS.has(address) ? null : localAddress(address);
    if (what === null) return [];
    const message = `${what}; write a resolver of its network, or leave resolver_ips out for the one of that machine`;
    return [{ code: 'local-resolver', path: ['host', 'resolver_network', 'resolver_ips', index], message }];
  });
}

/** What an address is that means another machine to each that uses it; null for any other. In canonical form. */
function localAddress(text: string): string | null {
  if (text === '0.0.0.0' || text === '::') return `${text} is the address of no machine`;
  if (/^127\.|^::1$/.test(text)) return `${text} is whatever machine the tunnel runs on`;
  if (/^169\.254\.|^fe[89ab][0-9a-f]:/.test(text))
    return `${text} is link-local: it is another machine in each network`;
  return null;
}

function verification({ declaration: { value }, fields }: Service): Suspicion[] {
  if (isObject(value['tls_settings']) && fields.has('http_port') && !fields.has('https_port')) {
    const message =
      'http_port alone means plain HTTP, for which there is no TLS to set; remove tls_settings, or give https_port';
    return [{ code: 'tls-unused', path: ['tls_settings'], message }];
  }
  if (fields.get('tls_settings.cert_verification_mode') !== 'disabled') return [];
  const message = 'whoever gets in between can pose as the service; upload its CA and use verify_ca, or verify_full';
  return [{ code: 'tls-not-verified', path: ['tls_settings', 'cert_verification_mode'], message }];
}

function ports({ fields }: Service): Suspicion[] {
  const [plain, secure] = [fields.get('http_port'), fields.get('https_port')];
  const suspicions: Suspicion[] = [];
  if (plain === 443) {
    const message = '443 is the usual port of HTTPS, and plain HTTP is what goes there; did you mean https_port?';
    suspicions.push({ code: 'swapped-ports', path: ['http_port'], message });
  }
  if (secure === 80) {
    const message = '80 is the usual port of plain HTTP, and HTTPS is what goes there; did you mean http_port?';
    suspicions.push({ code: 'swapped-ports', path: ['https_port'], message });
  }
  if (plain !== undefined && plain === secure) {
    const message = `http_port is ${Number(plain)}, too, and few servers speak both on one port; keep the one that is spoken`;
    suspicions.push({ code: 'same-port', path: ['https_port'], message });
  }
  return suspicions;
}

function names({ declaration: { name } }: Service): Suspicion[] {
  const odd = /[\p{Cc}\p{Cf}\u00A0]/u.test(name)
    ? 'it holds a character that nobody sees'
    : /^\s|\s$/.test(name)
      ? 'it begins or ends with a space'
      : /^["'“”„‘’«»]|["'“”„‘’«»]$/.test(name)
        ? 'a quotation mark is part of it'
        : null;
  return odd === null
    ? []
    : [{ code: 'odd-name', path: ['name'], message: `${odd}; write it without, unless it is live like that` }];
}

/** One service on a tunnel of its own, where all the others, and they are several, share another one. */
function loneTunnels(services: readonly Service[]): Found[] {
  const tunnels = [...Map.groupBy(services, tunnelOf)]
    .map(([tunnel, users]) => ({ tunnel, users }))
    .sort((a, b) => a.users.length - b.users.length);
  const [lone, shared, third] = tunnels;
  if (lone?.users.length !== 1 || third !== undefined) return [];
  if (shared === undefined || shared.users.length < FEWEST_ALIKE) return [];
  const message = `no other service uses this tunnel, all ${shared.users.length} others use ${shared.tunnel}; is it the right one?`;
  return lone.users.map((service) => ({
    service,
    code: 'lone-tunnel',
    path: ['host', networkOf(service), 'tunnel_id'],
    message,
  }));
}

const FEWEST_ALIKE = 3;

function textIn(fields: Fields, path: string): string {
  const value = fields.get(path);
  return typeof value === 'string' ? value : '';
}

function networkOf({ fields }: Service): 'network' | 'resolver_network' {
  return fields.has('host.hostname') ? 'resolver_network' : 'network';
}

function tunnelOf(service: Service): string {
  return textIn(service.fields, `host.${networkOf(service)}.tunnel_id`);
}

function nameCases(services: readonly Service[]): Found[] {
  const groups = Map.groupBy(services, ({ declaration }) => declaration.name.toLowerCase());
  return [...groups.values()].flatMap((group) =>
    group.flatMap((service): Found[] => {
      const other = group.find((each) => each !== service)?.declaration;
      if (other === undefined) return [];
      const place = `${other.file}:${other.places.name.line}`;
      const message = `differs from ${JSON.stringify(other.name)} at ${place} by case only, and both are names; rename one`;
      return [{ service, code: 'name-case', path: ['name'], message }];
    }),
  );
}
