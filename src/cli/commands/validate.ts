import { relative } from 'node:path';
import type { Config } from '../../config/load-config.ts';
import { printable } from '../../core/base/printable.ts';
import { collect } from '../../core/load/collect.ts';
import type { Declared } from '../../core/load/collect.ts';
import { byLocation, renderProblem } from '../../core/load/problem.ts';
import type { Problem } from '../../core/load/problem.ts';
import { findWarnings } from '../../core/load/warnings/find-warnings.ts';
import type { Warning } from '../../core/load/warnings/warning.ts';
import { renderAnnotation } from '../../core/report/annotation.ts';
import { codeFrame } from '../../core/report/terminal/code-frame.ts';
import type { Style } from '../../core/report/terminal/style.ts';
import { wrapLine } from '../../core/report/terminal/wrap.ts';
import { readPaths } from '../../source/read-paths.ts';
import { print, textOptionsForResults } from '../context.ts';
import type { ColorChoice, Context, ExitCode } from '../context.ts';

export type ValidateOptions = {
  readonly output: 'text' | 'json' | 'github';
  readonly color: ColorChoice;
  /** Files and folders; without any, the folder of the settings. */
  readonly paths: readonly string[];
  /** Whether a warning counts as much as a problem. */
  readonly strict: boolean;
};

/** Checks the declarations without an account or a network: 0 all hold, 1 otherwise. */
export async function validateCommand(
  { settings }: Config,
  options: ValidateOptions,
  context: Context,
): Promise<ExitCode> {
  const onlyFolders = options.paths.length === 0;
  const paths = onlyFolders ? [settings.services] : options.paths;
  const reading = { include: settings.include, allowEmpty: settings.allow_empty, onlyFolders };
  const { files, textOf, errors } = await readPaths(paths, reading, context.stop);
  const declared = collect(files);
  const warnings = findWarnings(declared.declarations, textOf);
  return tell({ files: files.length, declared, warnings, errors }, { textOf, ...options }, context);
}

/** Tells in the same form that nothing could be checked, for programs that read what was told. */
export function validateNothing(reason: string, options: ValidateOptions, context: Context): ExitCode {
  const declared = { declarations: [], skipped: [], problems: [] };
  const nothing = { files: 0, declared, warnings: [], errors: reason.split('\n') };
  return tell(nothing, { textOf: () => null, ...options }, context);
}

type Validation = {
  readonly files: number;
  readonly declared: Declared;
  readonly warnings: readonly Warning[];
  /** What kept a folder, or everything, from being checked. */
  readonly errors: readonly string[];
};

type Telling = ValidateOptions & { readonly textOf: (file: string) => string | null };

function tell(validation: Validation, options: Telling, context: Context): ExitCode {
  const { declared, warnings, errors } = validation;
  const passes = errors.length + declared.problems.length === 0;
  const valid = passes && !(options.strict && warnings.length > 0);
  switch (options.output) {
    case 'json':
      print(context, toJson(validation, valid));
      break;
    case 'github':
      for (const line of toAnnotations(validation)) print(context, line);
      print(context, summary(validation, options));
      break;
    case 'text':
      tellPeople(validation, options, context);
      break;
  }
  return valid ? 0 : 1;
}

function toJson({ files, declared, warnings, errors }: Validation, valid: boolean): string {
  const { declarations, skipped, problems } = declared;
  const counts = { files, declarations: declarations.length, set_aside: skipped.length };
  const error = errors.length === 0 ? null : errors.join('\n');
  return JSON.stringify({ schema_version: 1, valid, ...counts, problems, warnings, error }, null, 2);
}

/** Relative to the working directory, which in a workflow is the repository: only so do they find their line in a pull request. */
function toAnnotations({ declared, warnings, errors }: Validation): readonly string[] {
  return [
    ...declared.problems.map((problem) =>
      renderAnnotation({ level: 'error', title: 'Invalid declaration', ...marked(problem) }),
    ),
    ...warnings.map((warning) =>
      renderAnnotation({ level: 'warning', title: `Doubtful: ${warning.code}`, ...marked(warning) }),
    ),
    ...errors.map((message) => renderAnnotation({ level: 'error', title: 'Not validated', message })),
  ];
}

function marked(problem: Problem) {
  const { path, message } = problem;
  const place = { ...problem, file: relative('', problem.file) };
  return { message: path === null ? message : `${path}: ${message}`, place };
}

function tellPeople(validation: Validation, options: Telling, context: Context): void {
  const look = textOptionsForResults(context, options.color);
  const tellLine = (style: Style, text: string) => print(context, wrapLine(look.paint(style, text), look));
  const { declared, warnings, errors } = validation;
  const linesOf = linesIn(options.textOf);
  const told = [
    ...declared.problems.map((problem) => ({ ...problem, style: 'red' as const })),
    ...warnings.map(({ code, message, ...place }) => ({
      ...place,
      message: `warning: ${message} [${code}]`,
      style: 'yellow' as const,
    })),
  ];
  for (const { style, ...each } of told.sort(byLocation)) {
    tellLine(style, renderProblem(each));
    const line = linesOf(each.file)[each.line - 1] ?? '';
    // A secret of which a part is shown would not be found by whoever hides it.
    if (line.trim() === '' || context.secrets.redact(line) !== line) continue;
    for (const shown of codeFrame(line, each, { ...look, style })) print(context, shown);
  }
  for (const error of errors) tellLine('red', printable(error));
  if (errors.length > 0 && validation.files === 0) return;
  const style = declared.problems.length + errors.length > 0 ? 'red' : warnings.length > 0 ? 'yellow' : 'green';
  tellLine(style, summary(validation, options));
}

/** The lines of the file that was asked for last: what is told is sorted by file. */
function linesIn(textOf: Telling['textOf']): (file: string) => readonly string[] {
  let last: { readonly file: string; readonly lines: readonly string[] } | null = null;
  return (file) => {
    if (last?.file !== file) last = { file, lines: textOf(file)?.split('\n') ?? [] };
    return last.lines;
  };
}

function summary({ files, declared, warnings, errors }: Validation, { strict }: ValidateOptions): string {
  const { declarations, skipped, problems } = declared;
  const total = count(declarations.length + skipped.length, 'declaration');
  const doubtful = [
    ...(warnings.length > 0 ? [`${count(warnings.length, 'warning')}${strict ? ', which count (--strict)' : ''}`] : []),
    ...(errors.length > 0 ? [count(errors.length, 'error')] : []),
  ];
  const said =
    problems.length + errors.length === 0
      ? ['all valid', ...doubtful]
      : [`${declarations.length} valid`, `${skipped.length} set aside`, count(problems.length, 'problem'), ...doubtful];
  return `${total} in ${count(files, 'file')}: ${said.join(', ')}`;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
