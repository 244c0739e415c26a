import type { Command } from 'commander';
import wrapAnsi from 'wrap-ansi';
import type { Context, Output } from './context.ts';

/** A term of a list, with its meaning. */
type Term = readonly [term: string, meaning: string];
/** The purpose of an example, and its command lines. */
type Example = readonly [purpose: string, ...lines: readonly string[]];

/** The parts of a help text that follow the options. */
export type HelpText = {
  readonly examples: readonly Example[];
  /** A sentence, and a line for the user to type. */
  readonly note?: readonly [text: string, line: string];
  readonly exitCodes?: readonly Term[];
  /** Whether the command needs an account, so that its help lists the environment variables for one. */
  readonly needsAccount?: boolean;
};

/** At most this wide: longer lines are hard to read. */
const MAX_COLUMNS = 100;
/** At least this wide, even if the terminal reports less. */
const MIN_COLUMNS = 40;
const DEFAULT_COLUMNS = 80;

/** A meaning needs at least this many columns beside its term; otherwise, it is printed below. */
const MIN_MEANING_COLUMNS = 34;

/** Sets up a command to print its help in the width of the terminal. */
export function configureHelp(command: Command, { stdout, stderr }: Context): void {
  command
    .configureOutput({ getOutHelpWidth: () => helpColumns(stdout), getErrHelpWidth: () => helpColumns(stderr) })
    .configureHelp({
      subcommandTerm: (subcommand) => subcommand.name(),
      formatItem: (term, width, meaning, { helpWidth }) =>
        formatTerm([term, meaning], { width, columns: helpWidth ?? DEFAULT_COLUMNS }),
    });
}

/** Adds a note, examples, exit codes and credentials after the options of a command. */
export function addHelpText(command: Command, text: HelpText, context: Context): void {
  addHelpParts(command, (columns) => formatHelpText(text, columns), context);
}

/** Adds a paragraph after the options of a command. */
export function addHelpParagraph(command: Command, text: string, context: Context): void {
  addHelpParts(command, (columns) => [wrap(text, columns).join('\n')], context);
}

function addHelpParts(
  command: Command,
  format: (columns: number) => readonly string[],
  { stdout, stderr }: Context,
): void {
  command.addHelpText('after', ({ error }) =>
    format(helpColumns(error ? stderr : stdout))
      .map((part) => `\n${part}`)
      .join('\n'),
  );
}

function helpColumns({ isTTY, columns = 0 }: Output): number {
  if (isTTY !== true || columns <= 0) return DEFAULT_COLUMNS;
  return Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, columns));
}

function formatHelpText({ examples, note, exitCodes = [], needsAccount }: HelpText, columns: number): string[] {
  return [
    ['Examples:', ...examples.map((example) => formatExample(example, columns))].join('\n'),
    ...(note === undefined ? [] : [`${wrap(note[0], columns).join('\n')}\n  ${note[1]}`]),
    ...formatTerms('Exit codes:', exitCodes, columns),
    ...formatTerms('Account and credentials (environment variables only):', needsAccount ? CREDENTIALS : [], columns),
  ];
}

/** Command lines are never wrapped, so that they can be copied. */
function formatExample([purpose, ...lines]: Example, columns: number): string {
  const comment = wrap(purpose, columns - 4).map((line) => `# ${line}`);
  return [...comment, ...lines].map((line) => `  ${line}`).join('\n');
}

function formatTerms(title: string, terms: readonly Term[], columns: number): string[] {
  if (terms.length === 0) return [];
  const width = Math.max(...terms.map(([term]) => term.length));
  return [[...wrap(title, columns), ...terms.map((term) => formatTerm(term, { width, columns }))].join('\n')];
}

/** Returns a term with its meaning beside it, or below it where there is not enough space. */
function formatTerm(
  [term, meaning]: Term,
  { width, columns }: { readonly width: number; readonly columns: number },
): string {
  const meaningColumns = columns - width - 4;
  if (meaningColumns < MIN_MEANING_COLUMNS) {
    return [`  ${term}`, ...wrap(meaning, columns - 6).map((line) => `      ${line}`)].join('\n');
  }
  const [first = '', ...rest] = wrap(meaning, meaningColumns);
  return [`  ${term.padEnd(width)}  ${first}`, ...rest.map((line) => ' '.repeat(width + 4) + line)].join('\n');
}

function wrap(text: string, columns: number): string[] {
  return wrapAnsi(text, columns).split('\n');
}

const CREDENTIALS: readonly Term[] = [
  ['CLOUDFLARE_ACCOUNT_ID', 'The id of the account'],
  [
    'CLOUDFLARE_API_TOKEN',
    'An API token; or set CLOUDFLARE_API_TOKEN_FILE to a file that holds one, or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY',
  ],
  ['CLOUDFLARE_BASE_URL', 'The URL of the API, if it is not the default'],
  ['HTTPS_PROXY, NO_PROXY', 'The HTTP proxy to use, and the hosts to reach without it; HTTP_PROXY counts too'],
];
