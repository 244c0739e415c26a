import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { ConfigError } from '../../config/config-error.ts';
import type { Config } from '../../config/load-config.ts';
import { readVariable } from '../../config/environment.ts';
import { formatSuggestions, suggest } from '../../core/base/text/suggest.ts';
import type { CommitStatus } from '../../core/report/notifications/commit-status.ts';
import { sampleNotice } from '../../core/report/notifications/sample.ts';
import { revisionOf } from '../../source/git-checkout.ts';
import type { Attempt } from '../../sinks/notifications/delivery.ts';
import type { Receiver } from '../../sinks/notifications/notifier.ts';
import { printNotice } from '../context.ts';
import type { Context, ExitCode } from '../context.ts';
import { addHelpText } from '../help.ts';
import type { HelpText } from '../help.ts';
import { untilResponsive } from '../input/responsive.ts';
import { linksOf } from '../notifications/notifications.ts';
import { openReceivers } from '../notifications/receivers.ts';
import { addSettings, withConfig } from '../options.ts';
import type { CommandScope } from '../options.ts';
import { clock } from '../wiring.ts';

const HELP: HelpText = {
  examples: [['Test the receiver "team" of a configuration file', 'vpc-reconciler notify team --config config.yaml']],
  note: [
    'A receiver of commit statuses gets the status "success" for the commit of the folder, under a name that',
    'ends with "(sample)".',
  ],
  exitCodes: [
    ['0', 'The receiver accepted the sample'],
    ['1', 'The receiver did not accept it, or invalid usage or configuration'],
  ],
};

/** Defines `notify`, which sends a sample to one receiver. */
export function defineNotify(command: Command, scope: CommandScope): void {
  command.argument('<name>', 'Name of the receiver in the setting notifications');
  addSettings(command, ['services', 'ca_file', 'public_url', 'source_url'], scope);
  addHelpText(command, HELP, scope.context);
  command.action(async (name: string) =>
    withConfig(command, scope, async (config) => notify(config, name, scope.context)),
  );
}

async function notify({ settings }: Config, name: string, context: Context): Promise<ExitCode> {
  const names = Object.keys(settings.notifications);
  const receiver = settings.notifications[name];
  if (receiver === undefined) {
    const known = names.length === 0 ? 'the setting notifications is empty' : `expected ${names.join(' or ')}`;
    throw new ConfigError(`notify: ${known}, found ${JSON.stringify(name)}${formatSuggestions(suggest(name, names))}`);
  }
  const sampled = 'context' in receiver ? { ...receiver, context: `${receiver.context} (sample)` } : receiver;
  const { receivers, close } = await openReceivers(
    { ...settings, notifications: { [name]: sampled } },
    context,
    { onSecretProblem: () => {} },
    name,
  );
  try {
    const [opened] = receivers;
    if (opened === undefined) return 1;
    const attempt = await sendSample(opened, settings, context);
    printNotice(
      context,
      attempt.kind === 'sent' ? `${name}: the receiver accepted the sample` : `${name}: ${attempt.reason}`,
    );
    return attempt.kind === 'sent' ? 0 : 1;
  } finally {
    await close();
  }
}

async function sendSample(receiver: Receiver, settings: Config['settings'], context: Context): Promise<Attempt> {
  const { services } = settings;
  await untilResponsive([services], context);
  const revision = revisionOf(services);
  if (receiver.kind === 'statuses') {
    if (revision === null) {
      return { kind: 'refused', reason: `expected a commit in ${JSON.stringify(services)}, found no git checkout` };
    }
    const status: CommitStatus = { revision, state: 'success', description: 'a sample of vpc-reconciler' };
    return receiver.send(status, context.stop);
  }
  const accountId = readVariable(context.environment, 'CLOUDFLARE_ACCOUNT_ID') || 'account';
  const notice = sampleNotice({
    id: randomUUID(),
    accountId,
    source: { path: services, revision, files: 1 },
    time: clock.now().toISOString(),
    links: linksOf(settings),
  });
  return receiver.send(notice, context.stop);
}
