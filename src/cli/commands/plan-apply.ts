import { readAccount } from '../../config/account.ts';
import { ConfigError } from '../../config/load-config.ts';
import type { Config } from '../../config/load-config.ts';
import { renderUnmanaged } from '../../core/import/to-declaration.ts';
import { emptyPlan } from '../../core/plan/plan.ts';
import { toSavedPlan } from '../../core/plan/saved-plan.ts';
import type { SavedPlan } from '../../core/plan/saved-plan.ts';
import { renderMarkdown } from '../../core/report/markdown.ts';
import type { PassOutcome } from '../../core/report/pass.ts';
import type { Report } from '../../core/report/report.ts';
import { renderReport } from '../../core/report/terminal/terminal-report.ts';
import { killAfter } from '../../pass/deadline.ts';
import type { ReconcilerOptions } from '../../pass/reconcile.ts';
import { onStop, print, tell, textOptionsForResults } from '../context.ts';
import type { ColorChoice, Context, ExitCode } from '../context.ts';
import { openProgress } from '../progress.ts';
import { readPlanFile, writePlanFile } from '../saved-plan-file.ts';
import { tellingWaits } from '../slow-list-notice.ts';
import { describeWait, openBudget, openDirectory, openReconciler, openSource } from '../wiring.ts';

export type PassOptions = {
  readonly emulator: boolean;
  readonly output: 'text' | 'json' | 'markdown';
  readonly color: ColorChoice;
  /** Names and ids of the services to plan and apply; empty for all. */
  readonly only: readonly string[];
  /** Whether to show the declarations that unmanaged services lack; in text. */
  readonly showUnmanaged: boolean;
  /** Where to write the plan. */
  readonly out: string | undefined;
  /** A plan that was written: it is applied, or nothing. */
  readonly planFile: string | undefined;
};

type Made = Parameters<NonNullable<ReconcilerOptions['onPlan']>>[0];

/** What a pass would do: 0 in sync, 2 changes pending, 1 something is wrong. */
export async function planCommand(config: Config, options: PassOptions, context: Context): Promise<ExitCode> {
  const { outcome } = await onePass('plan', config, options, context);
  return outcome === 'pending' ? 2 : exitCodeOf(outcome);
}

/** One pass: 0 converged, 1 anything else. */
export async function applyCommand(config: Config, options: PassOptions, context: Context): Promise<ExitCode> {
  const { outcome } = await onePass('apply', config, options, context);
  return exitCodeOf(outcome);
}

async function onePass(
  mode: 'plan' | 'apply',
  { settings }: Config,
  options: PassOptions,
  context: Context,
): Promise<Report> {
  const savedPlan = options.planFile === undefined ? undefined : readPlanFile(options.planFile);
  const only = savedPlan === undefined ? options.only : onlyOf(savedPlan, options.only);
  const source = openSource(settings);
  // Loaded only where it is wanted: it holds an API.
  const rehearsal = options.emulator
    ? await (await import('../emulated-account.ts')).startRehearsal(source, 'drifted')
    : null;
  const account = rehearsal?.account ?? readAccount(context.environment, { onSecret: context.secrets.add });
  const progress = await openProgress(context);
  const say = (text: string) => {
    progress.clear();
    tell(context, text);
  };
  const budget = openBudget(settings, (wait) => say(describeWait(wait)));
  const directory = tellingWaits(openDirectory(settings, account, budget), account.baseUrl, say);
  if (mode === 'apply') onStop(context, say);
  const kill = killAfter(context.stop, settings.grace_period);
  try {
    let made: Made = { plan: emptyPlan, findings: [] };
    const pass = openReconciler(settings, {
      source,
      directory,
      account,
      mode,
      savedPlan,
      onProgress: progress.onProgress,
      onPlan: (plan) => {
        made = plan;
      },
      ...(only.length === 0 ? {} : { only }),
    });
    const report = await pass('command', { stop: context.stop, kill: kill.signal });
    progress.end();
    print(context, render(report, options, context));
    if (options.output === 'text' && options.showUnmanaged) {
      for (const document of renderUnmanaged(made.findings, settings.services)) print(context, document);
    }
    if (options.out !== undefined && report.error === null) {
      writePlanFile(options.out, toSavedPlan(made.plan, account.accountId, options.only));
      say(`the plan is in ${options.out}; to apply it: vpc-reconciler apply ${options.out}`);
    }
    return report;
  } finally {
    progress.end();
    kill.clear();
    await directory.close();
    await rehearsal?.emulator.close();
  }
}

function exitCodeOf(outcome: PassOutcome): ExitCode {
  return outcome === 'in_sync' || outcome === 'converged' ? 0 : 1;
}

/** A plan is applied as it was narrowed. Throws a `ConfigError` where something else is asked for. */
function onlyOf(savedPlan: SavedPlan, asked: readonly string[]): readonly string[] {
  if (asked.length === 0 || asked.join() === savedPlan.only.join()) return savedPlan.only;
  const made = savedPlan.only.length === 0 ? 'without --only' : `with --only ${savedPlan.only.join(',')}`;
  throw new ConfigError(`--only: expected none, for the plan was made ${made}, found ${asked.join(',')}`);
}

function render(report: Report, { output, color }: PassOptions, context: Context): string {
  switch (output) {
    case 'json':
      return JSON.stringify(report, null, 2);
    case 'markdown':
      // Hidden before it is spelt: what is an entity in Markdown is not found as a secret any more.
      return renderMarkdown(JSON.parse(context.secrets.redact(JSON.stringify(report))));
    case 'text':
      return renderReport(report, textOptionsForResults(context, color));
  }
}
