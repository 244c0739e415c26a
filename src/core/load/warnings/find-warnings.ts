import { normalize } from '../../service/normalize.ts';
import type { Declaration, Tombstone } from '../declaration.ts';
import { formatPath } from '../field-path.ts';
import { byLocation } from '../problem.ts';
import { readYaml } from '../yaml/read-yaml.ts';
import { findCommentWarnings, silencedCodes } from './comment-rules.ts';
import { findExpired } from './expired-instructions.ts';
import { FOLDER_RULES } from './folder-rules.ts';
import { SERVICE_RULES } from './service-rules.ts';
import type { CheckedService, LocalWarning, ServiceWarning } from './service-rules.ts';
import { mayBreakSourceRules, SOURCE_RULES } from './source-rules.ts';
import type { Warning } from './warning.ts';

/** The content of a folder that warnings are about. */
export type CheckedFolder = {
  /** The files that were read. */
  readonly files: readonly string[];
  /** The valid declarations in them. */
  readonly declarations: readonly Declaration[];
  readonly tombstones: readonly Tombstone[];
  /** Files that look like declarations and were not read. */
  readonly unread: readonly string[];
  /** Returns the text of a file; null if it is not text. */
  readonly textOf: (file: string) => string | null;
  /** The current time in milliseconds of Unix time. */
  readonly now: number;
};

/**
 * Returns the warnings about a folder, sorted by location. A file without text has no warnings. A comment on the same line or directly
 * above it silences a warning: `# vpc-reconciler: ignore tls-not-verified`.
 */
export function findWarnings(folder: CheckedFolder): readonly Warning[] {
  const { files, declarations, tombstones, unread, textOf, now } = folder;
  const services = declarations.map((declaration) => ({ declaration, fields: normalize(declaration.value).known }));
  const ofServices = [
    ...services.flatMap((service) => SERVICE_RULES.flatMap((rule) => rule(service))),
    ...FOLDER_RULES.flatMap((rule) => rule(services)),
  ];
  const warnings: readonly LocalWarning[] = [
    ...ofServices.map(toLocal),
    ...[...declarations, ...tombstones].flatMap((each) => findExpired(each, now)),
  ];
  const warningsByFile = Map.groupBy(warnings, ({ declaration }) => declaration.file);
  const servicesByFile = Map.groupBy(services, ({ declaration }) => declaration.file);
  const inFiles = files.flatMap((file) => {
    const text = textOf(file);
    if (text === null) return [];
    const written = { file, text, services: servicesByFile.get(file) ?? [] };
    return [...findCommentWarnings(file, text), ...locateWarnings(written, warningsByFile.get(file) ?? [])];
  });
  return [...inFiles, ...unread.map(warnOfUnread)].sort(byLocation);
}

function toLocal({ service, ...warning }: ServiceWarning): LocalWarning {
  return { ...warning, declaration: service.declaration };
}

function warnOfUnread(file: string): Warning {
  const message = 'is not read, because its name ends differently from .yaml, .yml and .json; rename it, or exclude it';
  return { file, line: 1, column: 1, path: null, code: 'unread-file', message };
}

type WrittenServices = {
  readonly file: string;
  readonly text: string;
  readonly services: readonly CheckedService[];
};

/** Finds the places of the warnings about one file, adds those about its notation, and leaves out those that a comment silences. */
function locateWarnings({ file, text, services }: WrittenServices, warnings: readonly LocalWarning[]): Warning[] {
  if (warnings.length === 0 && !mayBreakSourceRules(text)) return [];
  const { documents, positionOf } = readYaml(text);
  const lines = text.split('\n');
  return documents.flatMap((document) => {
    const { line } = positionOf(document.offsetOfKey([]));
    const isHere = ({ declaration }: Pick<LocalWarning, 'declaration'>) => declaration.line === line;
    const ofSource = services
      .filter(isHere)
      .flatMap((service) => SOURCE_RULES.flatMap((rule) => rule(service, document)));
    return [...warnings.filter(isHere), ...ofSource.map(toLocal)]
      .map(({ code, path, message }) => ({
        file,
        ...positionOf(document.offsetOfValue(path)),
        path: formatPath(path),
        message,
        code,
      }))
      .filter((warning) => !isSilenced(warning, lines));
  });
}

/** Whether a comment at the end of the line, or on the lines directly above it, silences a warning. */
function isSilenced({ code, line }: Warning, lines: readonly string[]): boolean {
  const above = lines.slice(0, line - 1);
  const comments = above.slice(above.findLastIndex((each) => !/^\s*#/.test(each)) + 1);
  return [...comments, ...lines.slice(line - 1, line)].some((each) => silencedCodes(each).includes(code));
}
