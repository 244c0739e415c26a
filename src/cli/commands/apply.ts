import type { Command } from 'commander';
import { ConfigError } from '../../config/config-error.ts';
import type { Config } from '../../config/load-config.ts';
import { toSavedPlan } from '../../core/plan/saved-plan.ts';
import type { SavedPlan } from '../../core/plan/saved-plan.ts';
import { printNotice } from '../context.ts';
import type { Context, ExitCode } from '../context.ts';
import { addHelpText } from '../help.ts';
import type { HelpText } from '../help.ts';
import { confirm } from '../input/confirm.ts';
import { isInteractive } from '../input/standard-input.ts';
import { addSettings, withConfig } from '../options.ts';
import type { CommandScope } from '../options.ts';
import { readSavedPlan } from '../saved-plan-file.ts';
import { exitCodeOf } from '../exit-code.ts';
import { addPassOptions, PASS_SETTINGS, printReport, runOnePass } from './one-pass.ts';
import type { PassFlags, PassResult } from './one-pass.ts';

const HELP: HelpText = {
  examples: [
    ['Run one pass', 'vpc-reconciler apply'],
    ['Apply exactly the plan that plan --out saved', 'vpc-reconciler apply plan.json'],
    ['Update one service, without a question', 'vpc-reconciler apply --only orders-db --yes'],
    ['Allow a plan of up to 40 updates, this time', 'vpc-reconciler apply --max-changes 40'],
  ],
  exitCodes: [
    ['0', 'All services are in sync'],
    ['2', 'The mode is detect, and the account differs from the declarations'],
    [
      '1',
      'Invalid usage; a plan that was not confirmed; a service that is missing, invalid, failed, withheld or unsettled; or a folder or an account that cannot be read',
    ],
  ],
  needsAccount: true,
};

type ApplyFlags = PassFlags & { readonly yes?: boolean };

/** Defines `apply`, which runs one pass. With `mode: detect` it plans and writes nothing. */
export function defineApply(command: Command, scope: CommandScope): void {
  addPassOptions(command)
    .option('-y, --yes', 'Write without a question. Only a terminal is asked, and not about a saved plan')
    .argument(
      '[plan]',
      'Plan saved by plan --out, or - for stdin: apply exactly this plan, or nothing if anything has changed since',
    );
  addSettings(command, ['mode', ...PASS_SETTINGS, 'grace_period'], scope);
  addHelpText(command, HELP, scope.context);
  command.action(async (planFile: string | undefined, flags: ApplyFlags) =>
    withConfig(command, scope, async (config) => {
      const savedPlan = planFile === undefined ? null : await readSavedPlan(planFile, scope.context);
      printMode(config, scope.context);
      if (savedPlan !== null) return applySavedPlan(config, flags, savedPlan, scope.context);
      // The emulated account ends with the command, so there is nothing to protect.
      const asks = config.settings.mode === 'apply' && !flags.yes && !flags.emulator && isInteractive(scope.context);
      return asks ? applyConfirmed(config, flags, scope.context) : applyNow(config, flags, scope.context);
    }),
  );
}

async function applyNow(config: Config, flags: PassFlags, context: Context, savedPlan?: SavedPlan): Promise<ExitCode> {
  const result = await runOnePass(config, { ...flags, planOnly: false, savedPlan }, context);
  printReport(result.report, flags, context);
  if (savedPlan !== undefined && isDone(savedPlan, result)) {
    printNotice(
      context,
      'all services of the plan are in sync, so it was probably applied before; nothing was written',
    );
  }
  return exitCodeOf(result.report);
}

/** Whether a saved plan left nothing to write. */
function isDone(savedPlan: SavedPlan, { report, planned }: PassResult): boolean {
  return report.error === null && savedPlan.steps.length > 0 && planned.plan.steps.length === 0;
}

async function applySavedPlan(
  config: Config,
  flags: PassFlags,
  savedPlan: SavedPlan,
  context: Context,
): Promise<ExitCode> {
  return applyNow(config, { ...flags, only: selectionOf(savedPlan, flags.only) }, context, savedPlan);
}

/** Shows the plan, asks, and applies exactly this plan. Without changes there is no question. */
async function applyConfirmed(config: Config, flags: PassFlags, context: Context): Promise<ExitCode> {
  const preview = await runOnePass(config, { ...flags, planOnly: true }, context);
  const { report, planned, account } = preview;
  const count = planned.plan.steps.length;
  if (report.error !== null) {
    printReport(report, flags, context);
    return exitCodeOf(report);
  }
  if (count > 0) {
    // A program may read the result on stdout, even on a terminal.
    const output = flags.output === 'text' ? context : { ...context, stdout: context.stderr };
    printReport(report, { ...flags, output: 'text' }, output);
    const changes = count === 1 ? 'this change' : `these ${count} changes`;
    if (!(await confirm(context, `Apply ${changes} to the account ${account.accountId}?`))) {
      printNotice(context, 'nothing was written');
      return 1;
    }
  }
  return applyNow(config, flags, context, toSavedPlan(planned.plan, account.accountId, flags.only));
}

/** Says that nothing will be written, and which setting forbids it. */
function printMode({ settings, origins }: Config, context: Context): void {
  if (settings.mode === 'apply') return;
  const from = origins.get('mode')?.from ?? '';
  printNotice(context, `${from}: the mode is detect, so apply plans and writes nothing; to write, add --mode apply`);
}

/** Returns the services that a saved plan was limited to. Throws a `ConfigError` if `--only` asks for others. */
function selectionOf(savedPlan: SavedPlan, only: readonly string[]): readonly string[] {
  if (only.length === 0 || only.join() === savedPlan.only.join()) return savedPlan.only;
  const origin = savedPlan.only.length === 0 ? 'without --only' : `with --only ${savedPlan.only.join(',')}`;
  throw new ConfigError(
    `--only: expected the selection of the plan, which was made ${origin}, found "${only.join(',')}"; omit --only, or make another plan`,
  );
}
