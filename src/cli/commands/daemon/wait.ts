import type { Command } from 'commander';
import { ConfigError } from '../../../config/config-error.ts';
import type { Settings } from '../../../config/settings.ts';
import { parseDuration } from '../../../core/base/duration.ts';
import { escapeControlCharacters } from '../../../core/base/text/escape.ts';
import { renderReport } from '../../../core/report/terminal/terminal-report.ts';
import { printJson, printSafeText, resultTextOptions } from '../../context.ts';
import type { Context, ExitCode } from '../../context.ts';
import { pollCommit } from '../../daemon/commit-poll.ts';
import { addReadOptions, openDaemonClient } from '../../daemon/daemon-client.ts';
import type { ReadFlags } from '../../daemon/daemon-client.ts';
import { conclude, describeResult } from '../../daemon/wait-result.ts';
import type { WaitResult } from '../../daemon/wait-result.ts';
import { addHelpText } from '../../help.ts';
import type { HelpText } from '../../help.ts';
import { addSettings, withConfig } from '../../options.ts';
import type { CommandScope } from '../../options.ts';

const HELP: HelpText = {
  examples: [
    ['Wait until the merged commit is live', 'vpc-reconciler wait --revision "$GITHUB_SHA" --timeout 5m'],
    ['Ask once', 'vpc-reconciler wait --revision "$(git rev-parse HEAD)" --timeout 0'],
  ],
  exitCodes: [
    ['0', 'A pass of this commit ended with everything in sync'],
    ['1', 'It did not: partial, contested, failed, denied, paused, or mode detect; or invalid usage'],
    ['3', 'No pass of this commit ended in time'],
  ],
};

type WaitFlags = ReadFlags & { readonly revision: string; readonly timeout: string };

/** Defines `wait`, which waits until a running daemon has reconciled a commit. */
export function defineWait(command: Command, scope: CommandScope): void {
  command
    .requiredOption('--revision <commit>', 'The commit to wait for: its hash, or at least the first seven digits of it')
    .option('--timeout <duration>', 'How long to wait; 0 asks once', '2m');
  addReadOptions(command);
  addSettings(command, ['ca_file'], scope);
  addHelpText(command, HELP, scope.context);
  command.action(async (flags: WaitFlags) =>
    withConfig(command, scope, async ({ settings }) => wait(settings, flags, scope.context)),
  );
}

async function wait(settings: Settings, flags: WaitFlags, context: Context): Promise<ExitCode> {
  const revision = parseRevision(flags.revision);
  const timeoutMs = parseDuration(flags.timeout);
  if (timeoutMs === null) {
    throw new ConfigError(`--timeout: expected a duration such as 30s or 5m, found ${JSON.stringify(flags.timeout)}`);
  }
  const client = await openDaemonClient({ url: flags.url, caFile: settings.ca_file }, context);
  try {
    const wanted = { revision, timeoutMs };
    const poll = await pollCommit(client, wanted, context);
    const result = await conclude(client, poll, wanted, context.stop);
    print(result, flags, context);
    return EXIT_CODES[result.result];
  } finally {
    await client.close();
  }
}

function parseRevision(text: string): string {
  if (/^[0-9a-f]{7,64}$/i.test(text)) return text.toLowerCase();
  const advice = /^[\w./-]{1,100}$/.test(text) ? `; git rev-parse prints the hash of a branch or tag` : '';
  throw new ConfigError(
    `--revision: expected the hash of a commit, 7 to 64 hexadecimal digits, found ${JSON.stringify(text.slice(0, 100))}${advice}`,
  );
}

const EXIT_CODES = { converged: 0, failed: 1, timeout: 3 } as const satisfies Record<WaitResult['result'], ExitCode>;

function print(result: WaitResult, { output, color }: WaitFlags, context: Context): void {
  if (output === 'json') return printJson(context, result);
  if (result.report !== null) printSafeText(context, renderReport(result.report, resultTextOptions(context, color)));
  printSafeText(context, escapeControlCharacters(describeResult(result)));
}
