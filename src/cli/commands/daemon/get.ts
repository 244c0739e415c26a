import type { Command } from 'commander';
import type { Settings } from '../../../config/settings.ts';
import { failure, FailureError } from '../../../core/base/failure.ts';
import type { KnownService } from '../../../core/report/daemon/known-service.ts';
import { isUrgent } from '../../../core/report/service-report.ts';
import { renderKnownService } from '../../../core/report/terminal/terminal-status.ts';
import { printJson, printSafeText, resultTextOptions } from '../../context.ts';
import type { Context, ExitCode } from '../../context.ts';
import { parseAnswer, serviceSchema } from '../../daemon/daemon-answers.ts';
import { addReadOptions, openDaemonClient } from '../../daemon/daemon-client.ts';
import type { DaemonAnswer, ReadFlags } from '../../daemon/daemon-client.ts';
import { addHelpText } from '../../help.ts';
import type { HelpText } from '../../help.ts';
import { addSettings, withConfig } from '../../options.ts';
import type { CommandScope } from '../../options.ts';
import { clock } from '../../wiring.ts';

const HELP: HelpText = {
  examples: [
    ['Show a service by its name', 'vpc-reconciler get orders-db'],
    ['Show a service by its id, or a unique beginning of it', 'vpc-reconciler get 0199a0c4'],
  ],
  exitCodes: [
    ['0', 'The service is in sync, or not declared'],
    ['2', 'It differs from its declaration, and nothing is wrong: paused, or mode detect'],
    ['1', 'It needs a person or is contested, the name is unknown, or the daemon cannot be reached; or invalid usage'],
  ],
};

/** Defines `get`, which shows one service as a running daemon knows it. */
export function defineGet(command: Command, scope: CommandScope): void {
  command.argument('<service>', 'Name or id of the service, or a unique beginning of its id');
  addReadOptions(command);
  addSettings(command, ['ca_file'], scope);
  addHelpText(command, HELP, scope.context);
  command.action(async (name: string, flags: ReadFlags) =>
    withConfig(command, scope, async ({ settings }) => get(settings, name, flags, scope.context)),
  );
}

const PATH = '/api/service';

async function get(settings: Settings, name: string, flags: ReadFlags, context: Context): Promise<ExitCode> {
  const client = await openDaemonClient({ url: flags.url, caFile: settings.ca_file }, context);
  try {
    const answer = await client.ask({ path: PATH, query: { name }, accepted: [200, 404] }, context.stop);
    if (answer.status === 404) throw unknown(answer, name);
    const service = parseAnswer(serviceSchema, answer, PATH);
    if (flags.output === 'json') printJson(context, service);
    else {
      const options = resultTextOptions(context, flags.color);
      printSafeText(context, renderKnownService(service, clock.now().getTime(), options));
    }
    return exitCodeFor(service);
  } finally {
    await client.close();
  }
}

/** Returns the message of the daemon, which suggests similar names. */
function unknown({ json: { error } }: DaemonAnswer, name: string): FailureError {
  const text = typeof error === 'string' ? error.slice(0, MAX_MESSAGE_LENGTH) : `no service ${JSON.stringify(name)}`;
  return new FailureError(failure('mismatch', text));
}

const MAX_MESSAGE_LENGTH = 1000;

function exitCodeFor(service: KnownService): ExitCode {
  if (isUrgent(service)) return 1;
  return service.state === 'in_sync' || service.state === 'unmanaged' ? 0 : 2;
}
