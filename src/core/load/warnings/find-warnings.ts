import { normalize } from '../../service/normalize.ts';
import type { Declaration } from '../declaration.ts';
import { formatPath } from '../field-path.ts';
import { byLocation } from '../problem.ts';
import { readYaml } from '../yaml/read-yaml.ts';
import { FOLDER_RULES } from './folder-rules.ts';
import { SERVICE_RULES } from './service-rules.ts';
import type { ServiceWarning } from './service-rules.ts';
import type { Warning } from './warning.ts';

/**
 * Returns the warnings about valid declarations, sorted by location. `textOf` returns the text of a file; a file without one has no
 * warnings. A comment on the same line or directly above it silences a warning: `# vpc-reconciler: ignore tls-not-verified`.
 */
export function findWarnings(
  declarations: readonly Declaration[],
  textOf: (file: string) => string | null,
): readonly Warning[] {
  const services = declarations.map((declaration) => ({ declaration, fields: normalize(declaration.value).known }));
  const warnings = [
    ...services.flatMap((service) => SERVICE_RULES.flatMap((rule) => rule(service))),
    ...FOLDER_RULES.flatMap((rule) => rule(services)),
  ];
  const warningsByFile = Map.groupBy(warnings, ({ service }) => service.declaration.file);
  return [...warningsByFile]
    .flatMap(([file, ofFile]) => {
      const text = textOf(file);
      return text === null ? [] : locateWarnings(file, text, ofFile);
    })
    .sort(byLocation);
}

/** Finds the places of the warnings about one file, and leaves out those that a comment silences. */
function locateWarnings(file: string, text: string, warnings: readonly ServiceWarning[]): Warning[] {
  const { documents, positionOf } = readYaml(text);
  const lines = text.split('\n');
  return documents.flatMap((document) => {
    const { line } = positionOf(document.offsetOfKey([]));
    return warnings
      .filter(({ service }) => service.declaration.line === line)
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

/** Returns the codes that a comment on a line silences. */
function silencedCodes(line: string): readonly string[] {
  const codes = /(?:^|\s)#\s*vpc-reconciler:\s*ignore\s+([a-z-]+(?:\s*,\s*[a-z-]+)*)/.exec(line)?.[1];
  return codes?.split(/\s*,\s*/) ?? [];
}
