import type { Random } from '../time/random.ts';
import { hostOfText } from './notation.ts';
import { noReferences } from './service.ts';
import type { Wanted } from './service.ts';
import { resolve, textOfValues } from './values.ts';
import type { WorldValues } from './values.ts';

/** A file of a commit: what it declares, and how. */
export type WorldFile = {
  readonly path: string;
  readonly services: readonly Wanted[];
  /** Of a file of values; null in any other. */
  readonly values: WorldValues | null;
  /** The mistake in the file. Its services are then left alone. */
  readonly fault: 'syntax' | 'value' | null;
};

/** All files of the folder at one commit, by path. */
export type Commit = ReadonlyMap<string, WorldFile>;

/** Returns the text of a file. Each service is written in one of many notations. */
export function textOf(file: WorldFile, random: Random): string {
  if (file.values !== null) return textOfValues(file.values, file.fault, random);
  const documents = file.services.map((service, index) => {
    const isWrong = file.fault === 'value' && index === 0;
    return documentOf(isWrong ? { ...service, tunnel: WRONG_TUNNEL, references: noReferences } : service, random);
  });
  const text = documents.join('---\n');
  return file.fault === 'syntax' ? `name: "${text.slice(0, 40)}\n  : [` : text;
}

const WRONG_TUNNEL = 'not-a-uuid';

function documentOf(service: Wanted, random: Random): string {
  const { id, name, isByName, type, httpPort, httpsPort, tcpPort, protocol, tls, references } = service;
  const port = references.port === null ? String(tcpPort) : `\${${references.port}}`;
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
    type === 'tcp' ? [`tcp_port: ${port}`, ...optional('app_protocol', protocol, random)] : [],
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

function instructionsOf({ isAbsent, renamedFrom, pause, ignore }: Wanted): readonly string[] {
  const ignored = ignore.map(({ path, until }) =>
    until === null ? path : `{ path: ${path}, until: ${moment(until)} }`,
  );
  const instructions = [
    ...(isAbsent ? ['ensure: absent'] : []),
    ...(renamedFrom === null ? [] : [`renamed_from: ${renamedFrom}`]),
    ...(pause === null ? [] : [pause.until === null ? 'pause: true' : `pause: { until: ${moment(pause.until)} }`]),
    ...(ignored.length === 0 ? [] : [`ignore: [${ignored.join(', ')}]`]),
  ];
  return instructions.length === 0 ? [] : [`reconcile: { ${instructions.join(', ')} }`];
}

function moment(until: number): string {
  return new Date(until).toISOString();
}

/** An unset field is left out, or null. */
function optional(key: string, value: string | number | null, random: Random): readonly string[] {
  if (value !== null) return [`${key}: ${value}`];
  return random.chance(0.2) ? [`${key}: null`] : [];
}

/** The declarations of a folder: a service, or `skipped` if it is declared in a way that the program must not act upon. */
export type Declared = ReadonlyMap<string, Wanted | 'skipped'>;

/** Returns what files declare. `unfinished` are the paths of files that are still being written; `values` those of files of values. */
export function declaredBy(
  files: readonly WorldFile[],
  unfinished: ReadonlySet<string>,
  values: readonly string[],
): Declared {
  const known = valuesIn(files, unfinished, values);
  const declared = new Map<string, Wanted | 'skipped'>();
  const names = new Map<string, string[]>();
  const skip = (id: string) => declared.set(id, 'skipped');
  for (const { path, services, fault } of files) {
    // The program cannot read which services a file declares that is not YAML.
    if (fault === 'syntax') continue;
    for (const [index, written] of services.entries()) {
      const service = resolve(written, known);
      const isUsable = !unfinished.has(path) && (fault === null || index > 0) && service !== null;
      for (const name of namesOf(written, isUsable)) names.set(name, [...(names.get(name) ?? []), written.id]);
      const other = declared.get(written.id);
      // While a commit arrives, a service can be declared under its old name and under its new one.
      const isOtherName = written.isByName && other !== undefined && other !== 'skipped' && other.name !== written.name;
      if (!isUsable || (other !== undefined && !isOtherName)) skip(written.id);
      else declared.set(isOtherName ? `${written.id} ${written.name}` : written.id, service);
    }
  }
  for (const ids of names.values()) if (ids.length > 1) ids.forEach(skip);
  return declared;
}

/** Returns the values that references can name; null if one of the files cannot be used. */
export function valuesIn(
  files: readonly WorldFile[],
  unfinished: ReadonlySet<string>,
  paths: readonly string[],
): WorldValues | null {
  const found = paths.map((path) => files.find((file) => file.path === path));
  const merged = new Map<string, string | number>();
  for (const file of found) {
    if (file?.values == null || file.fault !== null || unfinished.has(file.path)) return null;
    if (found.length === 1) return file.values;
    for (const [name, value] of file.values) merged.set(name, value);
  }
  return merged;
}

/** The names that no other declaration may have. */
function namesOf({ name, renamedFrom, isAbsent, isByName }: Wanted, isUsable: boolean): readonly string[] {
  if (isAbsent && !isByName) return [];
  return renamedFrom === null || !isUsable ? [name] : [name, renamedFrom];
}
