import { readAccount } from '../account.ts';
import type { Config } from '../config.ts';
import type { PassOutcome, Report } from '../core/report.ts';
import { renderMarkdown } from '../core/markdown.ts';
import { renderReport } from '../core/text.ts';
import { killAfter } from '../daemon.ts';
import { lookForResults, onStop, print } from './context.ts';
import type { ColourChoice, Context, ExitCode } from './context.ts';
import { openProgress } from './progress.ts';
import { startRehearsal } from './rehearsal.ts';
import { describeWait, openBudget, openDirectory, openReconciler, openSource } from './rooms.ts';

export type PassOptions = {
  readonly emulator: boolean;
  readonly output: 'text' | 'json' | 'markdown';
  readonly color: ColourChoice;
};

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
  const source = openSource(settings);
  const rehearsal = options.emulator ? await startRehearsal(source, 'drifted') : null;
  const account = rehearsal?.account ?? readAccount(context.environment, { onSecret: context.secrets.add });
  const progress = await openProgress(context);
  const tell = (text: string) => {
    progress.clear();
    context.stderr.write(`vpc-reconciler: ${text}\n`);
  };
  const budget = openBudget(settings, (wait) => {
    tell(describeWait(wait));
    progress.onWait(describeWait(wait));
  });
  const directory = openDirectory(settings, account, budget);
  if (mode === 'apply') onStop(context, tell);
  const kill = killAfter(context.stop, settings.grace_period);
  try {
    const { onProgress } = progress;
    const pass = openReconciler(settings, { source, directory, account, mode, onProgress });
    const report = await pass('command', { stop: context.stop, kill: kill.signal });
    progress.end();
    print(context, render(report, options, context));
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

function render(report: Report, { output, color }: PassOptions, context: Context): string {
  switch (output) {
    case 'json':
      return JSON.stringify(report, null, 2);
    case 'markdown':
      return renderMarkdown(report);
    case 'text':
      return renderReport(report, lookForResults(context, color));
  }
}
