import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { escapeControlCharacters, escapeJson } from '../../core/base/text/escape.ts';
import type { Declared } from '../../core/load/collect.ts';
import { byLocation, renderProblem } from '../../core/load/problem.ts';
import type { Problem } from '../../core/load/problem.ts';
import type { Warning } from '../../core/load/warnings/warning.ts';
import { renderAnnotation } from '../../core/report/annotation.ts';
import { renderCodeQuality } from '../../core/report/code-quality.ts';
import { codeFrame } from '../../core/report/terminal/code-frame.ts';
import { wrapLine } from '../../core/report/terminal/wrap.ts';
import type { Style } from '../../core/report/terminal/style.ts';
import { printJson, printResult, printSafeText, resultTextOptions } from '../context.ts';
import type { ColorMode, Context } from '../context.ts';

export const VALIDATE_FORMATS = ['text', 'json', 'github', 'gitlab'] as const;
export type ValidateFormat = (typeof VALIDATE_FORMATS)[number];

/** The result of `validate`. */
export type Validation = {
  readonly fileCount: number;
  readonly declared: Declared;
  readonly warnings: readonly Warning[];
  /** Why a path, or everything, could not be checked. */
  readonly errors: readonly string[];
  /** Returns the text of a file that was read, to show its lines. */
  readonly textOf: (file: string) => string | null;
};

export type ValidateOutputOptions = {
  readonly output: ValidateFormat;
  readonly color: ColorMode;
  /** Whether a warning makes the result invalid. */
  readonly strict: boolean;
};

export function isValid({ declared, warnings, errors }: Validation, strict: boolean): boolean {
  return errors.length + declared.problems.length === 0 && !(strict && warnings.length > 0);
}

export function printValidation(validation: Validation, options: ValidateOutputOptions, context: Context): void {
  switch (options.output) {
    case 'json':
      return printJson(context, toJson(validation, options.strict));
    case 'github':
      for (const line of toAnnotations(validation)) printResult(context, line);
      return printSafeText(context, summarize(validation, options));
    case 'gitlab':
      return printResult(context, escapeJson(toCodeQuality(validation)));
    case 'text':
      return printText(validation, options, context);
  }
}

function toJson(validation: Validation, strict: boolean) {
  const { fileCount, declared, warnings, errors } = validation;
  const { declarations, tombstones, skipped, problems } = declared;
  return {
    schema_version: 1,
    valid: isValid(validation, strict),
    files: fileCount,
    declarations: declarations.length + tombstones.length,
    skipped: skipped.length,
    problems,
    warnings,
    error: errors.length === 0 ? null : errors.join('\n'),
  };
}

/** Returns annotations for GitHub Actions. GitHub finds a line of a pull request only by a path relative to the repository. */
function toAnnotations({ declared, warnings, errors }: Validation): readonly string[] {
  return [
    ...declared.problems.map((problem) =>
      renderAnnotation({ level: 'error', title: 'Invalid declaration', ...withRelativePath(problem) }),
    ),
    ...warnings.map((warning) =>
      renderAnnotation({ level: 'warning', title: `Warning: ${warning.code}`, ...withRelativePath(warning) }),
    ),
    ...errors.map((message) => renderAnnotation({ level: 'error', title: 'Not validated', message })),
  ];
}

/** Returns the code quality report for GitLab, which finds a line of a merge request only by a path relative to the repository. */
function toCodeQuality({ declared, warnings, errors }: Validation): string {
  return renderCodeQuality(
    [
      ...declared.problems.map((problem) => ({
        check: 'invalid-declaration',
        severity: 'critical' as const,
        ...withRelativePath(problem),
      })),
      ...warnings.map((warning) => ({ check: warning.code, severity: 'minor' as const, ...withRelativePath(warning) })),
      ...errors.map((message) => ({
        check: 'not-validated',
        severity: 'blocker' as const,
        message,
        place: { file: '.', line: 1 },
      })),
    ],
    sha256,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function withRelativePath(problem: Problem) {
  const { path, message } = problem;
  const place = { ...problem, file: relative('', problem.file) };
  return { message: path === null ? message : `${path}: ${message}`, place };
}

function printText(validation: Validation, options: ValidateOutputOptions, context: Context): void {
  const textOptions = resultTextOptions(context, options.color);
  const printLine = (style: Style, text: string) =>
    printSafeText(context, wrapLine(textOptions.paint(style, text), textOptions));
  const { fileCount, declared, warnings, errors } = validation;
  const linesOf = lineReader(validation.textOf);
  for (const { style, ...problem } of styledProblems(validation)) {
    printLine(style, renderProblem(problem));
    const line = linesOf(problem.file)[problem.line - 1] ?? '';
    // A code frame can cut a secret, and a part of a secret would not be redacted.
    if (line.trim() === '' || context.secrets.redact(line) !== line) continue;
    for (const frameLine of codeFrame(line, problem, { ...textOptions, style })) printSafeText(context, frameLine);
  }
  for (const error of errors) printLine('red', escapeControlCharacters(error));
  if (errors.length > 0 && fileCount === 0) return;
  const style = declared.problems.length + errors.length > 0 ? 'red' : warnings.length > 0 ? 'yellow' : 'green';
  printLine(style, summarize(validation, options));
}

function styledProblems({ declared, warnings }: Validation): readonly (Problem & { readonly style: Style })[] {
  return [
    ...declared.problems.map((problem) => ({ ...problem, style: 'red' as const })),
    ...warnings.map(({ code, message, ...place }) => ({
      ...place,
      message: `warning: ${message} [${code}]`,
      style: 'yellow' as const,
    })),
  ].sort(byLocation);
}

/** Returns a function that splits files into lines. It keeps the last file only, because problems are sorted by file. */
function lineReader(textOf: Validation['textOf']): (file: string) => readonly string[] {
  let last: { readonly file: string; readonly lines: readonly string[] } | null = null;
  return (file) => {
    if (last?.file !== file) last = { file, lines: textOf(file)?.split('\n') ?? [] };
    return last.lines;
  };
}

function summarize({ fileCount, declared, warnings, errors }: Validation, options: ValidateOutputOptions): string {
  const { skipped, problems } = declared;
  const valid = declared.declarations.length + declared.tombstones.length;
  const total = count(valid + skipped.length, 'declaration');
  const others = [
    ...(warnings.length > 0 ? [warningCount(warnings.length, options)] : []),
    ...(errors.length > 0 ? [count(errors.length, 'error')] : []),
  ];
  const parts =
    problems.length + errors.length === 0
      ? ['all valid', ...others]
      : [`${valid} valid`, `${skipped.length} skipped`, count(problems.length, 'problem'), ...others];
  return `${total} in ${count(fileCount, 'file')}: ${parts.join(', ')}`;
}

function warningCount(warnings: number, { strict }: ValidateOutputOptions): string {
  return `${count(warnings, 'warning')}${strict ? ' (not allowed by --strict)' : ''}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
