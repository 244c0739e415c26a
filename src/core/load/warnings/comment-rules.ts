import { formatSuggestions, suggest } from '../../base/text/suggest.ts';
import { WARNINGS } from './warning.ts';
import type { Warning } from './warning.ts';

/** A comment that silences warnings: the codes, and what follows them. */
const IGNORE = /(?:^|\s)#\s*vpc-reconciler:\s*ignore\s+([a-z-]+(?:\s*,\s*[a-z-]+)*)(.*)/;

/** A comment that is meant to silence warnings, or to instruct the program in another way. */
const INSTRUCTION = /(?:^|\s)#\s*vpc[-_ ]?reconciler(?:\s*:|[-\s]+ign|[-\s]+disable)/i;

const CODES: readonly string[] = WARNINGS.map(({ code }) => code);

/** Returns the codes that a comment on a line silences. */
export function silencedCodes(line: string): readonly string[] {
  return IGNORE.exec(line)?.[1]?.split(/\s*,\s*/) ?? [];
}

/** Returns the warnings about comments that look as if they silenced a warning, and do not. */
export function findCommentWarnings(file: string, text: string): readonly Warning[] {
  if (!/vpc[-_ ]?reconciler/i.test(text)) return [];
  return text.split('\n').flatMap((line, index) => {
    const comment = INSTRUCTION.exec(line);
    const message = comment === null ? null : explainComment(line);
    if (comment === null || message === null) return [];
    const column = line.indexOf('#', comment.index) + 1;
    return [{ file, line: index + 1, column, path: null, code: 'ignore-comment' as const, message }];
  });
}

/** Returns what is wrong with a comment; null for a correct one. */
function explainComment(line: string): string | null {
  const [, , rest = ''] = IGNORE.exec(line) ?? [];
  const codes = silencedCodes(line);
  if (codes.length === 0) return 'silences nothing; write "# vpc-reconciler: ignore CODE", with the code of a warning';
  const unknown = codes.find((code) => !CODES.includes(code));
  if (unknown !== undefined) {
    return `there is no warning with the code "${unknown}"${formatSuggestions(suggest(unknown, CODES))}`;
  }
  const [next = ''] = /[a-z-]+/.exec(rest.trimStart()) ?? [];
  if (rest.trimStart().startsWith(next) && CODES.includes(next)) {
    return `"${next}" is not silenced; separate codes with commas`;
  }
  return null;
}
