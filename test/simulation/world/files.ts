import type { Random } from '../time/random.ts';
import { hostOfText } from './notation.ts';
import type { Wanted } from './service.ts';

/** A file of a commit: what it declares, and how. */
export type WorldFile = {
  readonly path: string;
  readonly services: readonly Wanted[];
  /** What is wrong with the file. Its services are then left alone. */
  readonly fault: 'syntax' | 'value' | null;
};

/** All files of the folder at one commit, by path. */
export type Commit = ReadonlyMap<string, WorldFile>;

/** Returns the text of a file. Each service is written in one of many notations. */
export function textOf(file: WorldFile, random: Random): string {
  const documents = file.services.map((service, index) => {
    const isWrong = file.fault === 'value' && index === 0;
    return documentOf(isWrong ? { ...service, tunnel: WRONG_TUNNEL } : service, random);
  });
  const text = documents.join('---\n');
  return file.fault === 'syntax' ? `name: "${text.slice(0, 40)}\n  : [` : text;
}

const WRONG_TUNNEL = 'not-a-uuid';

function documentOf(service: Wanted, random: Random): string {
  const { id, name, isByName, type, httpPort, httpsPort, tcpPort, protocol, tls } = service;
  const key = [
    isByName ? [] : [`service_id: ${random.chance(0.3) ? id.toUpperCase() : id}`],
    [`name: ${random.chance(0.3) ? JSON.stringify(name) : name}`],
    instructionsOf(service),
  ];
  if (service.isAbsent) {
    const mistake = service.tunnel === WRONG_TUNNEL ? ['tcp_prot: 1'] : [];
    return `${[...key.flat(), ...mistake].join('\n')}\n`;
  }
  const lines = [
    ...key,
    [`type: ${type}`],
    type === 'http' ? [...optional('http_port', httpPort, random), ...optional('https_port', httpsPort, random)] : [],
    type === 'tcp' ? [`tcp_port: ${tcpPort}`, ...optional('app_protocol', protocol, random)] : [],
    hostOfText(service, random),
    tls === null
      ? optional('tls_settings', null, random)
      : [
          'tls_settings:',
          `  cert_verification_mode: ${tls.mode}`,
          ...optional('  certificate_authority', tls.ca, random),
          ...optional('  client_certificate', tls.client, random),
        ],
  ];
  const inOrder = random.chance(0.5) ? lines : random.sample(lines, lines.length);
  const comment = random.chance(0.2) ? ['# a comment'] : [];
  return `${[...comment, ...inOrder.flat()].join('\n')}\n`;
}

function instructionsOf({ isAbsent, renamedFrom, isPaused }: Wanted): readonly string[] {
  const instructions = [
    ...(isAbsent ? ['ensure: absent'] : []),
    ...(renamedFrom === null ? [] : [`renamed_from: ${renamedFrom}`]),
    ...(isPaused ? ['pause: true'] : []),
  ];
  return instructions.length === 0 ? [] : [`reconcile: { ${instructions.join(', ')} }`];
}

/** An unset field is left out, or null. */
function optional(key: string, value: string | number | null, random: Random): readonly string[] {
  if (value !== null) return [`${key}: ${value}`];
  return random.chance(0.2) ? [`${key}: null`] : [];
}

/** What a folder declares: a service, or `skipped` if it is declared in a way that the program must not act upon. */
export type Declared = ReadonlyMap<string, Wanted | 'skipped'>;

/** Returns what files declare. `unfinished` are the paths of files that are still being written. */
export function declaredBy(files: Iterable<WorldFile>, unfinished: ReadonlySet<string>): Declared {
  const declared = new Map<string, Wanted | 'skipped'>();
  const names = new Map<string, string[]>();
  const skip = (id: string) => declared.set(id, 'skipped');
  for (const { path, services, fault } of files) {
    // The program cannot read which services a file declares that is not YAML.
    if (fault === 'syntax') continue;
    for (const [index, service] of services.entries()) {
      const isUsable = !unfinished.has(path) && (fault === null || index > 0);
      for (const name of namesOf(service)) names.set(name, [...(names.get(name) ?? []), service.id]);
      if (declared.has(service.id) || !isUsable) skip(service.id);
      else declared.set(service.id, service);
    }
  }
  for (const ids of names.values()) if (ids.length > 1) ids.forEach(skip);
  return declared;
}

/** The names that no other declaration may have. */
function namesOf({ name, renamedFrom, isAbsent, isByName }: Wanted): readonly string[] {
  if (isAbsent && !isByName) return [];
  return renamedFrom === null ? [name] : [name, renamedFrom];
}
