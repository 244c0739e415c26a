import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { ConfigError } from '../../../config/config-error.ts';
import type { Settings } from '../../../config/settings.ts';
import { formatDuration, parseDuration } from '../../../core/base/duration.ts';
import { FailureError } from '../../../core/base/failure.ts';
import { escapeControlCharacters } from '../../../core/base/text/escape.ts';
import { describeCounts } from '../../../core/report/counts.ts';
import type { RecentPass } from '../../../core/report/daemon/recent-pass.ts';
import { findRevision } from '../../../core/report/daemon/revision-answer.ts';
import type { RevisionAnswer } from '../../../core/report/daemon/revision-answer.ts';
import { OUTCOME_LABELS } from '../../../core/report/labels.ts';
import { shortRevision } from '../../../core/report/notifications/commit-status.ts';
import type { Report } from '../../../core/report/report.ts';
import { describeSuspension } from '../../../core/report/suspension.ts';
import { renderReport } from '../../../core/report/terminal/terminal-report.ts';
import { printJson, printNotice, printSafeText, resultTextOptions } from '../../context.ts';
import type { Context, ExitCode } from '../../context.ts';
import { parseAnswer, passesSchema, reportSchema } from '../../daemon/daemon-answers.ts';
import { addReadOptions, openDaemonClient } from '../../daemon/daemon-client.ts';
import type { DaemonClient, ReadFlags } from '../../daemon/daemon-client.ts';
import { addHelpText } from '../../help.ts';
import type { HelpText } from '../../help.ts';
import { addSettings, withConfig } from '../../options.ts';
import type { CommandScope } from '../../options.ts';

const HELP: HelpText = {
  examples: [
    ['Wait until the merged commit is live', 'vpc-reconciler wait --revision "$GITHUB_SHA" --timeout 5m'],
    ['Ask once', 'vpc-reconciler wait --revision 0add66a --timeout 0'],
  ],
  exitCodes: [
    ['0', 'A pass of this commit ended with everything in sync'],
    ['1', 'It did not: partial, failed, denied, paused, or mode detect; or invalid usage'],
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
    const last = await lookUntil(client, { revision, timeoutMs }, context);
    const result = await conclude(client, last, { revision, timeoutMs }, context.stop);
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

type Wanted = { readonly revision: string; readonly timeoutMs: number };

/** The last answer of the daemon, or why there is none. */
type Look =
  | (RevisionAnswer & { readonly current: string | null })
  | { readonly kind: 'no_answer'; readonly reason: string; readonly current: null };

/** The time between two questions. */
const POLL_MS = 1000;

/** The time that a question gets: a short one if it begins shortly before the end, the long one if there is no other. */
const MIN_REQUEST_MS = 1000;
const MAX_REQUEST_MS = 10_000;

/** Asks the daemon until the answer lasts, or until the time is over. Returns the last answer. */
async function lookUntil(client: DaemonClient, { revision, timeoutMs }: Wanted, context: Context): Promise<Look> {
  const endsAt = performance.now() + timeoutMs;
  const leftMs = () => endsAt - performance.now();
  let lastNotice = '';
  let answered: Look | null = null;
  for (;;) {
    const limitMs = timeoutMs === 0 ? MAX_REQUEST_MS : Math.max(MIN_REQUEST_MS, Math.min(MAX_REQUEST_MS, leftMs()));
    const limit = AbortSignal.timeout(Math.ceil(limitMs));
    const look = await lookOnce(client, revision, AbortSignal.any([context.stop, limit]));
    context.stop.throwIfAborted();
    if (look.kind !== 'no_answer') answered = look;
    if (!isOpen(look)) return look;
    // While a daemon restarts, the reasons of its last pass are worth more than that it does not answer.
    if (leftMs() <= 0) return look.kind === 'no_answer' && answered?.kind === 'retried' ? answered : look;
    const notice = describeWaiting(look, revision);
    if (notice !== lastNotice) printNotice(context, `waiting: ${notice}`);
    lastNotice = notice;
    await sleep(Math.max(0, Math.min(POLL_MS, leftMs())), undefined, { signal: context.stop }).catch(() => {});
    context.stop.throwIfAborted();
  }
}

async function lookOnce(client: DaemonClient, revision: string, signal: AbortSignal): Promise<Look> {
  try {
    const { passes } = parseAnswer(passesSchema, await client.ask({ path: PASSES }, signal), PASSES);
    const current = passes.find((pass) => pass.revision !== null)?.revision ?? null;
    return { ...findRevision(passes, revision), current };
  } catch (error) {
    const isOver = signal.aborted && !(error instanceof FailureError);
    if (isOver) return { kind: 'no_answer', reason: 'no answer in time', current: null };
    if (!(error instanceof FailureError) || error.failure.kind !== 'transient') throw error;
    return { kind: 'no_answer', reason: error.message, current: null };
  }
}

const PASSES = '/api/passes';
const REPORT = '/api/report';

/** An answer that the next pass may change, or none. */
type Open = Extract<Look, { readonly kind: 'no_answer' | 'not_seen' | 'retried' }>;

function isOpen(look: Look): look is Open {
  return look.kind === 'no_answer' || look.kind === 'not_seen' || look.kind === 'retried';
}

function describeWaiting(look: Open, revision: string): string {
  switch (look.kind) {
    case 'no_answer':
      return look.reason;
    case 'not_seen':
      return describeNotSeen(look, revision);
    case 'retried':
      return `${describePass(look.pass)}; the next pass may end differently`;
  }
}

function describeNotSeen({ current }: { readonly current: string | null }, revision: string): string {
  return current === null
    ? 'no pass has read a commit yet'
    : `the daemon has read commit ${shortRevision(current)}, and not ${shortRevision(revision)}`;
}

function describePass(pass: RecentPass): string {
  const paused = pass.paused === null ? '' : `, all writes are ${describeSuspension(pass.paused)}`;
  const mode = pass.outcome === 'pending' && pass.paused === null ? `, mode ${pass.mode} writes nothing` : '';
  return `${OUTCOME_LABELS[pass.outcome]}: ${describeCounts(pass)}${paused}${mode}`;
}

/** The result, as `--output json` prints it. */
type WaitResult = {
  readonly result: 'converged' | 'failed' | 'timeout';
  /** The commit; complete if the daemon has read it. */
  readonly revision: string;
  /** Why it is not converged; null if it is. */
  readonly reason: string | null;
  /** The commit that the daemon has read last; null if it is not known. */
  readonly daemon_revision: string | null;
  /** The report of the pass that decided; null if there is none, or if the daemon no longer keeps it. */
  readonly report: Report | null;
};

const EXIT_CODES = { converged: 0, failed: 1, timeout: 3 } as const satisfies Record<WaitResult['result'], ExitCode>;

async function conclude(
  client: DaemonClient,
  look: Look,
  { revision, timeoutMs }: Wanted,
  signal: AbortSignal,
): Promise<WaitResult> {
  const without = { revision, daemon_revision: look.current, report: null };
  switch (look.kind) {
    case 'decided':
    case 'retried':
    case 'replaced': {
      const { pass } = look;
      const isConverged = pass.outcome === 'in_sync' || pass.outcome === 'converged';
      const result = look.kind === 'decided' && isConverged ? 'converged' : 'failed';
      return {
        result,
        revision: pass.revision ?? revision,
        reason: result === 'converged' ? null : describePass(pass) + describeReplaced(look),
        daemon_revision: look.current,
        report: await reportOf(client, pass, signal),
      };
    }
    case 'no_checkout':
      return {
        ...without,
        result: 'failed',
        reason: 'the folder of the daemon is in no git checkout, so its passes have no commit',
      };
    case 'ambiguous': {
      const commits = look.revisions.map(shortRevision).join(', ');
      return { ...without, result: 'failed', reason: `several commits begin like that; write more digits: ${commits}` };
    }
    case 'not_seen':
    case 'no_answer': {
      const state = look.kind === 'no_answer' ? look.reason : describeNotSeen(look, revision);
      const advice =
        look.current === null
          ? ''
          : `; if that commit is a later one, it contains this one: git merge-base --is-ancestor ${revision} ${look.current}`;
      return {
        ...without,
        result: 'timeout',
        reason: `not reconciled within ${formatDuration(timeoutMs)}: ${state}${advice}`,
      };
    }
  }
}

function describeReplaced(look: Extract<Look, { readonly pass: RecentPass }>): string {
  if (look.kind === 'replaced') return `; replaced by commit ${shortRevision(look.replacedBy)} before it was applied`;
  if (look.kind === 'retried' || look.replacedBy === null) return '';
  return `; the daemon has read commit ${shortRevision(look.replacedBy)} since`;
}

/** Returns the report of a pass; null if the daemon no longer keeps it, or has ended. */
async function reportOf(client: DaemonClient, pass: RecentPass, signal: AbortSignal): Promise<Report | null> {
  try {
    const answer = await client.ask({ path: REPORT, query: { run_id: pass.run_id } }, signal);
    return parseAnswer(reportSchema, answer, REPORT);
  } catch (error) {
    if (error instanceof FailureError) return null;
    throw error;
  }
}

function print(result: WaitResult, { output, color }: WaitFlags, context: Context): void {
  if (output === 'json') return printJson(context, result);
  if (result.report !== null) printSafeText(context, renderReport(result.report, resultTextOptions(context, color)));
  printSafeText(context, escapeControlCharacters(describeResult(result)));
}

function describeResult({ result, revision, reason, daemon_revision: current }: WaitResult): string {
  const commit = `commit ${shortRevision(revision)}`;
  if (result !== 'converged') return `${commit}: ${reason}`;
  const isLast = current === null || current === revision;
  return `${commit}: converged${isLast ? '' : `; the daemon has read commit ${shortRevision(current)} since`}`;
}
