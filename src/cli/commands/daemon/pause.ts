import type { Command } from 'commander';
import type { Settings } from '../../../config/settings.ts';
import { isObject } from '../../../core/base/json.ts';
import { ConfigError } from '../../../config/config-error.ts';
import { escapeControlCharacters } from '../../../core/base/text/escape.ts';
import { printSafeText } from '../../context.ts';
import type { Context, ExitCode } from '../../context.ts';
import { openDaemonClient, urlOption } from '../../daemon/daemon-client.ts';
import { addHelpText } from '../../help.ts';
import type { HelpText } from '../../help.ts';
import { addSettings, withConfig } from '../../options.ts';
import type { CommandScope } from '../../options.ts';
import { readReconcileToken } from '../../daemon/reconcile-token.ts';

const EXIT_CODES: HelpText['exitCodes'] = [
  ['0', 'The daemon accepted the request'],
  ['1', 'The daemon cannot be reached or refused the request, or invalid usage'],
];

const TOKEN_NOTE =
  'The token is that of the daemon. To give it without a file, use the environment; there is no flag for it:';

const PAUSE_HELP: HelpText = {
  examples: [
    ['Pause all writes for two hours', 'vpc-reconciler pause --for 2h --reason "vendor migration"'],
    ['Pause until a moment', 'vpc-reconciler pause --until 2027-01-31T06:00:00Z'],
  ],
  note: [TOKEN_NOTE, 'VPC_RECONCILER_RECONCILE_TOKEN=… vpc-reconciler pause'],
  exitCodes: EXIT_CODES,
};

const RESUME_HELP: HelpText = {
  examples: [['Resume writes', 'vpc-reconciler resume']],
  note: [TOKEN_NOTE, 'VPC_RECONCILER_RECONCILE_TOKEN=… vpc-reconciler resume'],
  exitCodes: EXIT_CODES,
};

type PauseFlags = {
  readonly url: string;
  readonly for?: string;
  readonly until?: string;
  readonly reason?: string;
};

/** Defines `pause`, which makes a running daemon report drift and write nothing. */
export function definePause(command: Command, scope: CommandScope): void {
  command
    .addOption(urlOption())
    .option('--for <duration>', 'How long; without it and --until, until writes are resumed')
    .option('--until <moment>', 'Until when: a date, or a time with its zone')
    .option('--reason <text>', 'Why; shown on the page and in every report');
  addSettings(command, ['reconcile_token_file', 'ca_file'], scope);
  addHelpText(command, PAUSE_HELP, scope.context);
  command.action(async ({ url, reason, ...end }: PauseFlags) =>
    withConfig(command, scope, async ({ settings }) => {
      const query = Object.fromEntries(
        Object.entries({ for: end.for, until: end.until, reason }).flatMap(([key, value]) =>
          value === undefined ? [] : [[key, value]],
        ),
      );
      return send(settings, { url, path: '/api/pause', query }, scope.context);
    }),
  );
}

/** Defines `resume`, which ends such a pause. */
export function defineResume(command: Command, scope: CommandScope): void {
  command.addOption(urlOption());
  addSettings(command, ['reconcile_token_file', 'ca_file'], scope);
  addHelpText(command, RESUME_HELP, scope.context);
  command.action(async ({ url }: Pick<PauseFlags, 'url'>) =>
    withConfig(command, scope, async ({ settings }) =>
      send(settings, { url, path: '/api/resume', query: {} }, scope.context),
    ),
  );
}

type SwitchRequest = { readonly url: string; readonly path: string; readonly query: Readonly<Record<string, string>> };

async function send(settings: Settings, { url, path, query }: SwitchRequest, context: Context): Promise<ExitCode> {
  const readToken = readReconcileToken({ settings, secrets: context.secrets, onTokenProblem: () => {} });
  const token = (await readToken?.()) ?? null;
  if (token === null) {
    throw new ConfigError(
      'expected the reconcile token of the daemon; set reconcile_token_file or VPC_RECONCILER_RECONCILE_TOKEN',
    );
  }
  const client = await openDaemonClient({ url, caFile: settings.ca_file, token }, context);
  try {
    const { json } = await client.ask({ method: 'POST', path, query }, context.stop);
    printSafeText(context, isObject(json['paused']) ? describe(json['paused']) : 'resumed: the daemon writes again');
    return 0;
  } finally {
    await client.close();
  }
}

function describe({ until, reason }: { readonly [key: string]: unknown }): string {
  const end = typeof until === 'string' ? `until ${until}` : 'until writes are resumed';
  const text = `paused ${end}${typeof reason === 'string' ? `: ${reason}` : ''}`;
  // Another server may have answered.
  return `${escapeControlCharacters(text)}; the daemon reports drift and writes nothing`;
}
