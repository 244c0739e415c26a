import type { Command } from 'commander';
import type { Config } from '../../config/load-config.ts';
import { renderUnmanaged } from '../../core/import/to-declaration.ts';
import { toSavedPlan } from '../../core/plan/saved-plan.ts';
import { printNotice, printResult } from '../context.ts';
import type { Context, ExitCode } from '../context.ts';
import { addHelpText } from '../help.ts';
import type { HelpText } from '../help.ts';
import { addSettings, withConfig } from '../options.ts';
import type { CommandScope } from '../options.ts';
import { writeSavedPlan } from '../saved-plan-file.ts';
import { addPassOptions, exitCodeOf, PASS_SETTINGS, runOnePass } from './one-pass.ts';
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
    ['Write a comment for a pull request', 'vpc-reconciler plan --output markdown'],
  ],
  exitCodes: [
    ['0', 'All services are in sync'],
    ['2', 'Changes are pending'],
    ['1', 'Invalid usage, an invalid file, a missing service, or a folder or an account that cannot be read'],
  ],
  needsAccount: true,
};

type PlanFlags = PassFlags & { readonly showUnmanaged?: boolean; readonly out?: string };

/** Defines `plan`, which reports what `apply` would change. */
export function definePlan(command: Command, scope: CommandScope): void {
  addPassOptions(command)
    .option('--show-unmanaged', 'Print a declaration for every live service that has none (text output only)')
    .option('--out <file>', 'Save the plan to a file, for apply');
  addSettings(command, PASS_SETTINGS, scope);
  addHelpText(command, HELP, scope.context);
  command.action(async (flags: PlanFlags) =>
    withConfig(command, scope, async (config) => plan(config, flags, scope.context)),
  );
}

async function plan(config: Config, { showUnmanaged, out, ...flags }: PlanFlags, context: Context): Promise<ExitCode> {
  const { report, planned, account } = await runOnePass(config, { ...flags, planOnly: true }, context);
  if (flags.output === 'text' && showUnmanaged) {
    for (const document of renderUnmanaged(planned.findings, config.settings.services)) printResult(context, document);
  }
  if (out !== undefined && report.error === null) {
    writeSavedPlan(out, toSavedPlan(planned.plan, account.accountId, flags.only));
    const flag = config.settings.mode === 'apply' ? '' : ' --mode apply';
    printNotice(context, `saved the plan to ${out}; to apply it, run: vpc-reconciler apply ${out}${flag}`);
  }
  return exitCodeOf(report.outcome);
}
