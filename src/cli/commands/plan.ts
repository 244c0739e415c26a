import type { Command } from 'commander';
import type { Config } from '../../config/load-config.ts';
import { capitalize } from '../../core/base/text/capitalize.ts';
import { renderUnmanaged } from '../../core/import/to-declaration.ts';
import { toSavedPlan } from '../../core/plan/saved-plan.ts';
import { acceptHint } from '../../core/import/accept/accept-hint.ts';
import type { Report } from '../../core/report/report.ts';
import { printNotice, printResult, printSafeText } from '../context.ts';
import type { Context, ExitCode } from '../context.ts';
import { addHelpText } from '../help.ts';
import type { HelpText } from '../help.ts';
import { shellQuote } from '../input/shell-quote.ts';
import { STDIO } from '../input/standard-input.ts';
import { addSettings, withConfig } from '../options.ts';
import type { CommandScope } from '../options.ts';
import { formatSavedPlan, refuseDeclaration, writeSavedPlan } from '../saved-plan-file.ts';
import { exitCodeOf } from '../exit-code.ts';
import { addPassOptions, PASS_SETTINGS, printReport, runOnePass } from './one-pass.ts';
import type { PassFlags } from './one-pass.ts';

const HELP: HelpText = {
  examples: [
    ['Show what a pass would change', 'vpc-reconciler plan'],
    ['Plan two services only', 'vpc-reconciler plan --only orders-db,orders-api'],
    [
      'Save the plan, and apply exactly this plan',
      'vpc-reconciler plan --out plan.json',
      'vpc-reconciler apply plan.json',
    ],
    ['Write a comment for a pull request', 'vpc-reconciler plan --output markdown --base ../base/services'],
  ],
  exitCodes: [
    ['0', 'All services are in sync'],
    ['2', 'Changes are pending, withheld, or not possible because a service is missing'],
    ['1', 'Invalid usage, an invalid file, or a folder or an account that cannot be read'],
  ],
  needsAccount: true,
};

type PlanFlags = PassFlags & { readonly showUnmanaged?: boolean; readonly base?: string; readonly out?: string };

/** Defines `plan`, which reports what `apply` would change. */
export function definePlan(command: Command, scope: CommandScope): void {
  addPassOptions(command)
    .option('--show-unmanaged', 'Print a declaration for every live service that has none (text output only)')
    .option('--base <folder>', 'The folder before this change: also show which services are no longer declared')
    .option(
      '--out <file>',
      'Save the plan to a file, for apply; with -, print the plan to stdout and the report to stderr',
    );
  addSettings(command, PASS_SETTINGS, scope);
  addHelpText(command, HELP, scope.context);
  command.action(async (flags: PlanFlags) =>
    withConfig(command, scope, async (config) =>
      plan(config, flags, scope.context, applyLineOf(command, flags.out ?? '')),
    ),
  );
}

async function plan(
  config: Config,
  { showUnmanaged, out, ...flags }: PlanFlags,
  context: Context,
  applyLine: string,
): Promise<ExitCode> {
  if (out !== undefined && out !== STDIO) refuseDeclaration(out, config.settings);
  const { report, planned, account } = await runOnePass(config, { ...flags, planOnly: true }, context);
  // With `--out -`, stdout holds the plan and nothing else.
  const output = out === STDIO ? { ...context, stdout: context.stderr } : context;
  printReport(report, flags, output);
  printAcceptHint(report, flags, output);
  if (flags.output === 'text' && showUnmanaged) {
    for (const document of renderUnmanaged(planned.findings, config.settings.services)) printSafeText(output, document);
  }
  if (out !== undefined && report.error === null) {
    const savedPlan = toSavedPlan(planned.plan, account.accountId, flags.only);
    if (out === STDIO) printResult(context, formatSavedPlan(savedPlan).trimEnd());
    else {
      writeSavedPlan(out, savedPlan);
      const mode = config.settings.mode === 'apply' ? '' : ' --mode apply';
      printNotice(context, `saved the plan to ${out}; to apply it, run: ${applyLine}${mode}`);
    }
  }
  return exitCodeOf(report);
}

/** Mentions `accept` to people after a plan that overwrites live values. */
function printAcceptHint(report: Report, { output }: PassFlags, context: Context): void {
  const hint = acceptHint(report);
  if (hint === null) return;
  if (output === 'text' && context.stdout.isTTY === true) printNotice(context, hint);
  if (output === 'markdown') printResult(context, `${capitalize(hint).replace(/vpc-reconciler .*/, '`$&`')}\n`);
}

/** Returns the command line that applies a saved plan, with the folder and the settings that this command line has. */
function applyLineOf(command: Command, out: string): string {
  const words = command.options
    .filter(
      (option) =>
        !OWN_OPTIONS.has(option.attributeName()) && command.getOptionValueSource(option.attributeName()) === 'cli',
    )
    .flatMap((option) => {
      const value: unknown = command.getOptionValue(option.attributeName());
      return value === true ? [option.long] : [option.long, String(value)];
    });
  // A name that begins with a dash would be read as an option.
  const file = out.startsWith('-') ? `./${out}` : out;
  return ['vpc-reconciler', 'apply', file, ...words].map((word) => shellQuote(String(word))).join(' ');
}

/** The options that concern only the plan, and not how it is applied. A saved plan contains its `--only`. */
const OWN_OPTIONS: ReadonlySet<string> = new Set(['out', 'only', 'output', 'color', 'title', 'base', 'showUnmanaged']);
