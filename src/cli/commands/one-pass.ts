import { escapeJson, escapeWorkflowCommands } from '../../core/base/text/escape.ts';
import type { Command } from 'commander';
import type { Account } from '../../config/account.ts';
import { ConfigError } from '../../config/config-error.ts';
import type { Config } from '../../config/load-config.ts';
import type { SettingName, Settings } from '../../config/settings.ts';
import { FailureError } from '../../core/base/failure.ts';
import { parseJson } from '../../core/base/json.ts';
import { compare } from '../../core/compare/compare.ts';
import { declaredServices } from '../../core/compare/undeclared.ts';
import type { DeclaredServices } from '../../core/compare/undeclared.ts';
import { collect } from '../../core/load/collect.ts';
import type { Source } from '../../core/load/source.ts';
import { describePrevented } from '../../core/plan/assertions/violation.ts';
import { emptyPlan } from '../../core/plan/plan.ts';
import type { SavedPlan } from '../../core/plan/saved-plan.ts';
import { renderMarkdown } from '../../core/report/markdown.ts';
import type { Report } from '../../core/report/report.ts';
import { renderReport } from '../../core/report/terminal/terminal-report.ts';
import { killAfter } from '../../pass/deadline.ts';
import type { ReconcilerOptions } from '../../pass/reconcile.ts';
import { notifyOnStop, printNotice, printResult, resultTextOptions } from '../context.ts';
import type { ColorMode, Context } from '../context.ts';
import type { EmulatedAccount } from '../emulated-account.ts';
import { readAccountOf } from '../input/account-input.ts';
import { untilResponsive } from '../input/responsive.ts';
import { colorOption, emulatorOption, FOLDER_SETTINGS, onlyOption, outputOption } from '../options.ts';
import { openProgress } from '../progress.ts';
import { withSlowListNotice } from '../slow-list-notice.ts';
import { createBudget, createDirectory, createPass, describeWait, openFolder } from '../wiring.ts';

/* Shared by `plan` and `apply`. */

const OUTPUT_FORMATS = ['text', 'json', 'markdown'] as const;

/** The settings of a pass that only plans. */
export const PASS_SETTINGS = [
  ...FOLDER_SETTINGS,
  'policy',
  'unknown_fields',
  'request_budget',
  'concurrency',
  'request_timeout',
  'pass_timeout',
  'ca_file',
  'max_changes',
  'max_change_percent',
  'max_deletes',
  'canary',
] as const satisfies readonly SettingName[];

/** The options that `addPassOptions` adds. */
export type PassFlags = {
  readonly output: (typeof OUTPUT_FORMATS)[number];
  readonly color: ColorMode;
  /** The heading of a Markdown report. */
  readonly title?: string;
  /** Names and ids of the services to plan and apply; empty for all. */
  readonly only: readonly string[];
  readonly emulator?: boolean;
};

export function addPassOptions(command: Command): Command {
  return command
    .addOption(outputOption('Format of the report: for a person, a program or a pull request', OUTPUT_FORMATS))
    .addOption(colorOption())
    .option('--title <text>', 'Title of the Markdown report, instead of the default with the folder')
    .addOption(onlyOption())
    .addOption(emulatorOption());
}

export type PassRequest = PassFlags & {
  /** Whether to write nothing whatever the settings say. */
  readonly planOnly: boolean;
  /** Either exactly this plan is applied, or nothing. */
  readonly savedPlan?: SavedPlan | undefined;
  /** The folder before the change that is planned. */
  readonly base?: string | undefined;
};

/** The plan and the findings of a pass. */
type Planned = Parameters<NonNullable<ReconcilerOptions['onPlan']>>[0];

export type PassResult = { readonly report: Report; readonly planned: Planned; readonly account: Account };

/** Runs one pass. */
export async function runOnePass({ settings }: Config, request: PassRequest, context: Context): Promise<PassResult> {
  const { planOnly, savedPlan, only, base } = request;
  const declaredBefore = base === undefined ? new Map() : await readBase({ ...settings, services: base }, context.stop);
  const folder = openFolder(settings);
  const { source } = folder;
  if (request.emulator) await untilResponsive([settings.services], context);
  const emulated = request.emulator ? await emulateAccount(source) : null;
  const account = emulated?.account ?? (await readAccountOf(context, settings));
  const progress = openProgress(context);
  const notify = (text: string) => {
    progress.clear();
    printNotice(context, text);
  };
  const budget = createBudget(settings, (wait) => notify(describeWait(wait)));
  const directory = withSlowListNotice(createDirectory(settings, account, budget), account.baseUrl, notify);
  if (!planOnly && settings.mode === 'apply') notifyOnStop(context, notify);
  const kill = killAfter(context.stop, settings.grace_period);
  let planned: Planned = { plan: emptyPlan, findings: [] };
  try {
    const pass = createPass(settings, {
      source,
      directory,
      account,
      planOnly,
      savedPlan,
      declaredBefore,
      onProgress: progress.onProgress,
      onPlan: (plan) => {
        planned = plan;
      },
      onPrevented: (prevented) => notify(describePrevented(prevented)),
      ...(only.length === 0 ? {} : { only }),
    });
    const report = await pass('command', { stop: context.stop, kill: kill.signal });
    return { report, planned, account };
  } finally {
    progress.end();
    kill.clear();
    await directory.close();
    await emulated?.emulator.close();
    await folder.close();
  }
}

/** Returns the services that another version of the folder declares. Throws a `ConfigError` if it cannot be read. */
async function readBase(settings: Settings, stop: AbortSignal): Promise<DeclaredServices> {
  const folder = openFolder({ ...settings, allow_empty: true });
  try {
    const { files } = await folder.source.read(stop);
    return declaredServices(compare(collect(files), []));
  } catch (error) {
    if (error instanceof FailureError) throw new ConfigError(`--base: ${error.message}`, { cause: error });
    throw error;
  } finally {
    await folder.close();
  }
}

/** Starts the emulator. It is imported only when needed, so that passes with an account start faster. */
async function emulateAccount(source: Source): Promise<EmulatedAccount> {
  const { startEmulatedAccount } = await import('../emulated-account.ts');
  return startEmulatedAccount(source, 'drifted');
}

/** Prints the report of a pass in the format of `--output`. */
export function printReport(report: Report, flags: PassFlags, context: Context): void {
  printResult(context, render(report, flags, context));
}

function render(report: Report, { output, color, title }: PassFlags, context: Context): string {
  switch (output) {
    case 'json':
      return escapeJson(JSON.stringify(report, null, 2));
    case 'markdown':
      // Secrets are redacted before rendering, because Markdown escapes some characters and a secret would not be found.
      return escapeWorkflowCommands(renderMarkdown(redacted(report, context), { title }));
    case 'text':
      return escapeWorkflowCommands(renderReport(report, resultTextOptions(context, color)));
  }
}

function redacted(report: Report, { secrets }: Context): Report {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Redaction changes only texts.
  return parseJson(secrets.redact(JSON.stringify(report))) as unknown as Report;
}
