import type { Command } from 'commander';
import type { Settings } from '../../../config/settings.ts';
import { renderStatus } from '../../../core/report/terminal/terminal-status.ts';
import type { DaemonStatus } from '../../../core/report/terminal/terminal-status.ts';
import { printJson, printSafeText, resultTextOptions } from '../../context.ts';
import type { Context, ExitCode } from '../../context.ts';
import { healthSchema, parseAnswer, reportSchema } from '../../daemon/daemon-answers.ts';
import { addReadOptions, openDaemonClient } from '../../daemon/daemon-client.ts';
import type { DaemonClient, ReadFlags } from '../../daemon/daemon-client.ts';
import { exitCodeOf } from '../../exit-code.ts';
import { addHelpText } from '../../help.ts';
import type { HelpText } from '../../help.ts';
import { addSettings, withConfig } from '../../options.ts';
import type { CommandScope } from '../../options.ts';

const HELP: HelpText = {
  examples: [
    ['Show the daemon on this machine', 'vpc-reconciler status'],
    ['Show another one', 'vpc-reconciler status --url https://vpc.example.com'],
  ],
  exitCodes: [
    ['0', 'Everything is in sync'],
    ['2', 'There are differences that the daemon may not correct: mode detect, or all writes are paused'],
    ['1', 'Something needs a person or is contested, passes fail, or the daemon cannot be reached; or invalid usage'],
  ],
};

/** Defines `status`, which shows the state of a running daemon. */
export function defineStatus(command: Command, scope: CommandScope): void {
  addReadOptions(command);
  addSettings(command, ['ca_file'], scope);
  addHelpText(command, HELP, scope.context);
  command.action(async (flags: ReadFlags) =>
    withConfig(command, scope, async ({ settings }) => showStatus(settings, flags, scope.context)),
  );
}

async function showStatus(settings: Settings, flags: ReadFlags, context: Context): Promise<ExitCode> {
  const client = await openDaemonClient({ url: flags.url, caFile: settings.ca_file }, context);
  try {
    const status = await readStatus(client, context.stop);
    if (flags.output === 'json') printJson(context, status);
    else printSafeText(context, renderStatus(status, resultTextOptions(context, flags.color)));
    return exitCodeFor(status);
  } finally {
    await client.close();
  }
}

async function readStatus(client: DaemonClient, signal: AbortSignal): Promise<DaemonStatus> {
  // Both answer with another status in a state that is worth showing.
  const health = await client.ask({ path: '/healthz', accepted: [200, 503] }, signal);
  const report = await client.ask({ path: '/api/report', accepted: [200, 404] }, signal);
  return {
    health: parseAnswer(healthSchema, health, '/healthz'),
    report: report.status === 404 ? null : parseAnswer(reportSchema, report, '/api/report'),
  };
}

function exitCodeFor({ health, report }: DaemonStatus): ExitCode {
  if (report === null || !health.healthy || !health.ready || report.counts.contested > 0) return 1;
  return exitCodeOf(report);
}
