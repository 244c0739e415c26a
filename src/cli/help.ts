import type { Argument, Command } from 'commander';
import wrapAnsi from 'wrap-ansi';
import { FILE_VARIABLE } from '../config/load-config.ts';
import { variableOf } from '../config/settings.ts';
import type { Context, Output } from './context.ts';

type Meaning = readonly [term: string, meaning: string];
/** What it does, and the lines that do it. */
type Example = readonly [purpose: string, ...lines: readonly string[]];

type HelpText = {
  readonly examples: readonly Example[];
  /** A sentence, and a line to be typed. */
  readonly note?: readonly [text: string, line: string];
  readonly exitCodes?: readonly Meaning[];
  /** Whether the command asks an account. */
  readonly asks?: true;
};

/** Longer lines are hard to read, however wide the terminal; and narrower ones, in terminals that are none. */
const MOST_COLUMNS = 100;
const LEAST_COLUMNS = 40;
const COLUMNS_ELSEWHERE = 80;

/** A meaning stands beside its term unless it would have fewer columns than that; then it stands below. */
const LEAST_BESIDE = 34;

/** How wide a help is: as the terminal, within reason. */
export function helpColumns({ isTTY, columns = 0 }: Output): number {
  if (isTTY !== true || columns <= 0) return COLUMNS_ELSEWHERE;
  return Math.min(MOST_COLUMNS, Math.max(LEAST_COLUMNS, columns));
}

/** Lays the help of a command out, and adds what stands behind its options: how settings are given, examples, exit codes, credentials. */
export function addHelp(command: Command, { stdout, stderr }: Context): void {
  const text = TEXTS[command.name()];
  command
    .configureOutput({ getOutHelpWidth: () => helpColumns(stdout), getErrHelpWidth: () => helpColumns(stderr) })
    .configureHelp({
      subcommandTerm: (each) => [each.name(), ...each.registeredArguments.map(argumentTerm)].join(' '),
      formatItem: (term, width, meaning, { helpWidth }) =>
        item([term, meaning], { width, columns: helpWidth ?? COLUMNS_ELSEWHERE }),
    });
  if (text === undefined) return;
  const flags = command.options.map((option) => option.flags);
  command.addHelpText('after', ({ error }) => {
    const columns = helpColumns(error ? stderr : stdout);
    return [...settingsNote(flags, columns), ...render(text, columns)].map((part) => `\n${part}`).join('\n');
  });
}

function argumentTerm(argument: Argument): string {
  return `[${argument.name()}${argument.variadic ? '...' : ''}]`;
}

function render({ examples, note, exitCodes = [], asks }: HelpText, columns: number): string[] {
  return [
    ['Examples:', ...examples.map((example) => renderExample(example, columns))].join('\n'),
    ...(note === undefined ? [] : [`${paragraph(note[0], columns)}\n  ${note[1]}`]),
    ...meanings('Exit codes:', exitCodes, columns),
    ...meanings('Account and credentials, from the environment alone:', asks ? CREDENTIALS : [], columns),
  ];
}

function settingsNote(flags: readonly string[], columns: number): string[] {
  if (!flags.some((flag) => flag.startsWith('--config '))) return [];
  const way = `A flag wins over the environment (${variableOf('services')} for --services), and that over the file of --config or ${FILE_VARIABLE} (services: …).`;
  const durations = flags.some((flag) => flag.endsWith('<duration>'))
    ? ' A <duration> is such as 500ms, 2s, 5m or 1h.'
    : '';
  return [paragraph(way + durations, columns)];
}

/** What is to be typed is never broken. */
function renderExample([purpose, ...lines]: Example, columns: number): string {
  const comment = wrap(purpose, columns - 4).map((line) => `# ${line}`);
  return [...comment, ...lines].map((line) => `  ${line}`).join('\n');
}

function meanings(title: string, list: readonly Meaning[], columns: number): string[] {
  const width = Math.max(...list.map(([term]) => term.length));
  return list.length === 0
    ? []
    : [[paragraph(title, columns), ...list.map((each) => item(each, { width, columns }))].join('\n')];
}

/** A term and its meaning: side by side, or one below the other. */
function item(
  [term, meaning]: Meaning,
  { width, columns }: { readonly width: number; readonly columns: number },
): string {
  const beside = columns - width - 4;
  if (beside >= LEAST_BESIDE) {
    const [first = '', ...further] = wrap(meaning, beside);
    return [`  ${term.padEnd(width)}  ${first}`, ...further.map((line) => ' '.repeat(width + 4) + line)].join('\n');
  }
  return [`  ${term}`, ...wrap(meaning, columns - 6).map((line) => `      ${line}`)].join('\n');
}

function paragraph(text: string, columns: number): string {
  return wrap(text, columns).join('\n');
}

function wrap(text: string, columns: number): string[] {
  return wrapAnsi(text, columns).split('\n');
}

const CREDENTIALS: readonly Meaning[] = [
  ['CLOUDFLARE_ACCOUNT_ID', 'the account'],
  [
    'CLOUDFLARE_API_TOKEN',
    'a token; or CLOUDFLARE_API_TOKEN_FILE, a file with it; or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY',
  ],
  ['CLOUDFLARE_BASE_URL', 'another API host'],
];

/** By the name of the command. */
const TEXTS: Readonly<Record<string, HelpText>> = {
  'vpc-reconciler': {
    examples: [
      ['try it, without an account', 'vpc-reconciler plan --emulator'],
      [
        'begin with what is live, see what would change, change it',
        'vpc-reconciler import --into services',
        'vpc-reconciler plan --services services',
        'vpc-reconciler apply --services services',
      ],
      ['keep it so', 'vpc-reconciler run --services services'],
    ],
    note: ['All of a command, its settings and more examples:', 'vpc-reconciler plan --help'],
  },
  run: {
    examples: [
      ['reconcile the account of the environment with ./services', 'vpc-reconciler run'],
      ['report drift every hour, and write nothing', 'vpc-reconciler run --mode detect --interval 1h'],
      ['rehearse without an account, and end', 'vpc-reconciler run --emulator --once'],
    ],
    note: [
      'The token of POST /api/reconcile may also stand in the environment, but in no flag:',
      'VPC_RECONCILER_RECONCILE_TOKEN=… vpc-reconciler run',
    ],
    exitCodes: [
      ['0', 'told to stop; with --once, all is in sync'],
      ['1', 'wrong usage or configuration; with --once, a pass went wrong'],
    ],
    asks: true,
  },
  plan: {
    examples: [
      ['what a pass would do with ./services', 'vpc-reconciler plan'],
      ['what becomes of two services', 'vpc-reconciler plan --only orders-db,orders-api'],
      [
        'keep the plan, and apply exactly that',
        'vpc-reconciler plan --out plan.json',
        'vpc-reconciler apply plan.json',
      ],
      ['a comment for a pull request', 'vpc-reconciler plan --output markdown'],
    ],
    exitCodes: [
      ['0', 'in sync'],
      ['2', 'changes pending'],
      ['1', 'something is wrong: a problem in a file, a missing service, a failed read or list, wrong usage'],
    ],
    asks: true,
  },
  apply: {
    examples: [
      ['one pass with ./services', 'vpc-reconciler apply'],
      ['exactly the plan that plan --out wrote', 'vpc-reconciler apply plan.json'],
      ['one service', 'vpc-reconciler apply --only orders-db'],
      ['a plan of 40 updates, this once', 'vpc-reconciler apply --max-changes 40'],
    ],
    exitCodes: [
      ['0', 'in sync or converged'],
      ['1', 'anything failed, withheld, unsettled, missing or invalid, wrong usage'],
    ],
    asks: true,
  },
  validate: {
    examples: [
      ['all of ./services', 'vpc-reconciler validate'],
      [
        'a file and a folder; of files that are named, only those are compared with each other',
        'vpc-reconciler validate services/web.yaml services/db',
      ],
      ['in a workflow of GitHub', 'vpc-reconciler validate --strict --output github'],
    ],
    note: [
      'A comment silences a warning on its own line, or on the line below it:',
      '# vpc-reconciler: ignore single-label-hostname',
    ],
    exitCodes: [
      ['0', 'all valid, perhaps with warnings'],
      ['1', 'a problem; with --strict, a warning; something that cannot be read; wrong usage'],
    ],
  },
  import: {
    examples: [
      ['everything that is live', 'vpc-reconciler import --into services'],
      ['two services', 'vpc-reconciler import --only orders-db,orders-api'],
      ['write one anew', 'vpc-reconciler import --force --only orders-db'],
    ],
    exitCodes: [
      ['0', 'all that was asked for is declared now'],
      ['1', 'otherwise; where a file is in the way, nothing is written'],
    ],
    asks: true,
  },
  emulate: {
    examples: [
      ['in one terminal', 'vpc-reconciler emulate > emulator.env'],
      ['in another one', '. ./emulator.env', 'vpc-reconciler plan'],
      ['with faults, on a port of your own', 'vpc-reconciler emulate --scenario trouble.yaml --port 8080'],
    ],
    exitCodes: [
      ['0', 'told to stop'],
      ['1', 'wrong usage or configuration'],
    ],
  },
  schema: {
    examples: [['for an editor', 'vpc-reconciler schema > service.schema.json']],
    note: ['And as the first line of a declaration beside it:', '# yaml-language-server: $schema=service.schema.json'],
    exitCodes: [
      ['0', 'printed'],
      ['1', 'wrong usage'],
    ],
  },
};
