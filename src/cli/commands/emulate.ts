import { readFileSync } from 'node:fs';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import wrapAnsi from 'wrap-ansi';
import { ConfigError } from '../../config/config-error.ts';
import type { Config } from '../../config/load-config.ts';
import { untilAborted } from '../../core/base/abort.ts';
import { describeSystemError } from '../../core/base/errno.ts';
import { decodeUtf8 } from '../../core/load/encoding.ts';
import type { Decoded } from '../../core/load/encoding.ts';
import { renderProblem } from '../../core/load/problem.ts';
import { describeScenario, parseScenario } from '../../emulator/scenario/scenario.ts';
import type { Scenario } from '../../emulator/scenario/scenario.ts';
import type { HandledRequest } from '../../emulator/server.ts';
import { printResult } from '../context.ts';
import type { Context, ExitCode } from '../context.ts';
import { SEEDS, startEmulatedAccount } from '../emulated-account.ts';
import type { Seed } from '../emulated-account.ts';
import { addHelpText } from '../help.ts';
import { untilResponsive } from '../input/responsive.ts';
import type { HelpText } from '../help.ts';
import { addSettings, FOLDER_SETTINGS, withConfig } from '../options.ts';
import type { CommandScope } from '../options.ts';
import { openFolder } from '../wiring.ts';

const HELP: HelpText = {
  examples: [
    ['Start the emulator in one terminal', 'vpc-reconciler emulate > emulator.env'],
    ['Use it in another terminal', '. ./emulator.env', 'vpc-reconciler plan'],
    ['Simulate faults, on a fixed port', 'vpc-reconciler emulate --scenario trouble.yaml --port 8080'],
  ],
  exitCodes: [
    ['0', 'Stopped by a signal'],
    ['1', 'Invalid usage or configuration'],
  ],
};

type EmulateFlags = {
  readonly port: number;
  readonly seed: Seed;
  /** A file that describes faults. Without one, every request succeeds. */
  readonly scenario?: string;
};

/** Defines `emulate`, which runs a local API until it is stopped. */
export function defineEmulate(command: Command, scope: CommandScope): void {
  command
    .addOption(
      new Option('--port <number>', 'Port to listen on at 127.0.0.1; 0 selects a free port')
        .default(0)
        .argParser(parsePort),
    )
    .addOption(
      new Option('--seed <state>', 'Initial live services: drifted or identical copies of the declared ones, or none')
        .choices(SEEDS)
        .default('drifted'),
    )
    .option('--scenario <file>', 'File of faults, limits and refusals to simulate; see config/scenario.yaml');
  addSettings(command, FOLDER_SETTINGS, scope);
  addHelpText(command, HELP, scope.context);
  command.action(async (flags: EmulateFlags) =>
    withConfig(command, scope, async (config) => emulate(config, flags, scope.context)),
  );
}

/** Prints the variables for clients to stdout, and every request to stderr. */
async function emulate({ settings }: Config, flags: EmulateFlags, context: Context): Promise<ExitCode> {
  const { port, seed, scenario: file } = flags;
  await untilResponsive([file, settings.services], context);
  const scenario = file === undefined ? {} : readScenario(file);
  const { source, close } = openFolder(settings);
  // Throws if the folder cannot be read. Otherwise, the user would not learn why there are no services.
  if (seed !== 'empty') await source.read(context.stop);
  const { emulator, account } = await startEmulatedAccount(source, seed, {
    port,
    scenario,
    onRequest: (request) => context.stderr.write(`${accessLine(request)}\n`),
  });
  const count = emulator.services().length;
  printResult(context, '# A local emulator of the Workers VPC services API, for demos and tests.');
  printResult(
    context,
    `# It holds ${count} ${count === 1 ? 'service' : 'services'} (--seed ${seed}). Press Ctrl-C to stop it.`,
  );
  if (file !== undefined) {
    printResult(context, `# ${file}:`);
    for (const fault of describeScenario(scenario)) printResult(context, toComment(fault));
  }
  printResult(context, `export CLOUDFLARE_BASE_URL=${account.baseUrl}`);
  printResult(context, `export CLOUDFLARE_ACCOUNT_ID=${account.accountId}`);
  printResult(context, `export CLOUDFLARE_API_TOKEN=${emulator.token}`);
  await untilAborted(context.stop);
  await emulator.close();
  await close();
  return 0;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('Expected a port from 0 to 65535.');
}

/** The output is usually redirected to a file, so the width of the terminal does not matter. */
const COLUMNS = 80;

/** Returns a text as comment lines, where continuation lines are indented. */
function toComment(text: string): string {
  return wrapAnsi(text, COLUMNS - '#     '.length)
    .split('\n')
    .map((line, index) => `#  ${index === 0 ? '' : '  '} ${line}`)
    .join('\n');
}

/** Reads a scenario. Throws a `ConfigError` that reports every problem of the file. */
function readScenario(file: string): Scenario {
  let decoded: Decoded;
  try {
    decoded = decodeUtf8(readFileSync(file));
  } catch (error) {
    throw new ConfigError(
      `--scenario: expected a scenario file, found that ${JSON.stringify(file)} cannot be read: ${describeSystemError(error)}`,
    );
  }
  if ('fault' in decoded) throw new ConfigError(`${file}:${decoded.line}:${decoded.column} ${decoded.fault}`);
  const parsed = parseScenario(file, decoded.text);
  if (parsed.kind === 'valid') return parsed.scenario;
  throw new ConfigError(parsed.problems.map(renderProblem).join('\n'));
}

/** Returns a line for the access log: the request, its status and duration, and the fault that was simulated. */
function accessLine({ at, method, path, status, durationMs, fault }: HandledRequest): string {
  const line = `${at.toISOString()} ${method} ${path} ${status} ${Math.round(durationMs)} ms`;
  return fault === null ? line : `${line} (${fault})`;
}
