import { readFileSync } from 'node:fs';
import wrapAnsi from 'wrap-ansi';
import { ConfigError } from '../../config/load-config.ts';
import type { Config } from '../../config/load-config.ts';
import { untilAborted } from '../../core/base/abort.ts';
import { errnoText, errorCode } from '../../core/base/errno.ts';
import { renderProblem } from '../../core/load/problem.ts';
import { describeScenario, parseScenario } from '../../emulator/scenario/scenario.ts';
import type { Scenario } from '../../emulator/scenario/scenario.ts';
import type { HandledRequest } from '../../emulator/server.ts';
import { print } from '../context.ts';
import type { Context, ExitCode } from '../context.ts';
import { startRehearsal } from '../emulated-account.ts';
import type { Seed } from '../emulated-account.ts';
import { openSource } from '../wiring.ts';

export type EmulateOptions = {
  readonly port: number;
  readonly seed: Seed;
  /** A file that says what goes wrong; all is well without one. */
  readonly scenario: string | undefined;
};

/** A local API until told to stop. What to set for clients goes to stdout, the requests go to stderr. */
export async function emulateCommand(
  { settings }: Config,
  { port, seed, scenario: file }: EmulateOptions,
  context: Context,
): Promise<ExitCode> {
  const scenario = file === undefined ? {} : readScenario(file);
  const source = openSource(settings);
  // Nothing else would say that there are no declarations to copy.
  if (seed !== 'empty') await source.read(context.stop);
  const { emulator, account } = await startRehearsal(source, seed, {
    port,
    scenario,
    onRequest: (request) => context.stderr.write(`${accessLine(request)}\n`),
  });
  const live = emulator.services().length;
  print(context, '# A local emulator of the Workers VPC services API, for demos and tests.');
  print(context, `# It holds ${live} ${live === 1 ? 'service' : 'services'} (--seed ${seed}). Ctrl-C ends it.`);
  if (file !== undefined) {
    print(context, `# ${file}:`);
    for (const trouble of describeScenario(scenario)) print(context, commented(trouble));
  }
  print(context, `export CLOUDFLARE_BASE_URL=${account.baseUrl}`);
  print(context, `export CLOUDFLARE_ACCOUNT_ID=${account.accountId}`);
  print(context, `export CLOUDFLARE_API_TOKEN=${emulator.token}`);
  await untilAborted(context.stop);
  await emulator.close();
  return 0;
}

/** Mostly in a file, which has no width. */
const COLUMNS = 80;

/** What does not fit goes on below, a little further in. */
function commented(text: string): string {
  return wrapAnsi(text, COLUMNS - '#     '.length)
    .split('\n')
    .map((line, index) => `#  ${index === 0 ? '' : '  '} ${line}`)
    .join('\n');
}

/** Throws a `ConfigError` that names everything wrong in the file. */
function readScenario(file: string): Scenario {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(
      `--scenario: expected a file that says what goes wrong, found that ${JSON.stringify(file)} cannot be read: ${errnoText(errorCode(error))}`,
    );
  }
  const parsed = parseScenario(file, text);
  if (parsed.kind === 'valid') return parsed.scenario;
  throw new ConfigError(parsed.problems.map(renderProblem).join('\n'));
}

/** What was asked, how it was answered and how soon; and what the scenario did to it. */
function accessLine({ at, method, path, status, durationMs, fault }: HandledRequest): string {
  const line = `${at.toISOString()} ${method} ${path} ${status} ${Math.round(durationMs)} ms`;
  return fault === null ? line : `${line} (${fault})`;
}
