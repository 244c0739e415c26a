import type { Command } from 'commander';
import { ConfigError } from '../../config/config-error.ts';
import type { Config } from '../../config/load-config.ts';
import type { SavedPlan } from '../../core/plan/saved-plan.ts';
import { printNotice } from '../context.ts';
import type { Context } from '../context.ts';
import { addHelpText } from '../help.ts';
import type { HelpText } from '../help.ts';
import { addSettings, withConfig } from '../options.ts';
import type { CommandScope } from '../options.ts';
import { readSavedPlan } from '../saved-plan-file.ts';
import { addPassOptions, exitCodeOf, PASS_SETTINGS, runOnePass } from './one-pass.ts';
import type { PassFlags } from './one-pass.ts';

const HELP: HelpText = {
  examples: [
    ['Run one pass', 'vpc-reconciler apply'],
    ['Apply exactly the plan that plan --out saved', 'vpc-reconciler apply plan.json'],
    ['Update one service', 'vpc-reconciler apply --only orders-db'],
    ['Allow a plan of up to 40 updates, this time', 'vpc-reconciler apply --max-changes 40'],
  ],
  exitCodes: [
    ['0', 'All services are in sync'],
    ['2', 'The mode is detect, and changes are pending'],
    [
      '1',
      'Invalid usage; a service that is missing, invalid, failed, withheld or unsettled; or a folder or an account that cannot be read',
    ],
  ],
  needsAccount: true,
};

/** Defines `apply`, which runs one pass. With `mode: detect` it plans and writes nothing. */
export function defineApply(command: Command, scope: CommandScope): void {
  addPassOptions(command).argument(
    '[plan]',
    'Plan saved by plan --out: apply exactly this plan, or nothing if anything has changed since',
  );
  addSettings(command, ['mode', ...PASS_SETTINGS, 'grace_period'], scope);
  addHelpText(command, HELP, scope.context);
  command.action(async (planFile: string | undefined, flags: PassFlags) =>
    withConfig(command, scope, async (config) => {
      const savedPlan = planFile === undefined ? undefined : readSavedPlan(planFile);
      const only = savedPlan === undefined ? flags.only : selectionOf(savedPlan, flags.only);
      printMode(config, scope.context);
      const { report } = await runOnePass(config, { ...flags, planOnly: false, savedPlan, only }, scope.context);
      return exitCodeOf(report.outcome);
    }),
  );
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
