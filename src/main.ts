#!/usr/bin/env node
import { listenToSignals } from './signals.ts';
import { isatty } from 'node:tty';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExitCode } from './cli/context.ts';
import { describeSystemError } from './core/base/errno.ts';
import { proxySecrets } from './config/proxy.ts';
import { ACCOUNT_VARIABLES } from './config/environment.ts';
import { tokenReader } from './config/token-file.ts';
import { escapeControlCharacters } from './core/base/text/escape.ts';
import { redactor } from './core/base/text/redactor.ts';
import { FAKE_TOKEN } from './emulator/fake-account.ts';
import { openOutput } from './sinks/output.ts';
import type { ByteOutput } from './sinks/output.ts';
import { hasLiveThreads } from './source/thread/live-threads.ts';

// Libraries are imported only after this check, because they fail on an older Node.js with an obscure error.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(
    `vpc-reconciler requires Node.js 22.22 or later, found ${process.versions.node}; install Node.js 24\n`,
  );
  process.exit(1);
}

// By default, a diagnostic report of Node.js contains the whole environment.
Object.assign(process.report, { excludeEnv: true, excludeNetwork: true });

/** After a stop signal, the process waits at most this long for a reader to take the rest of its output. */
const MAX_FLUSH_MS = 2000;
/** The same after a bug, when the state of the process is unknown. */
const MAX_FLUSH_AFTER_BUG_MS = 200;

/** At most this many bytes wait for a reader of stderr. Further messages are dropped. */
const MAX_STDERR_BYTES = 16 * 1024 * 1024;

/** Output is redacted in whole lines or texts, because a secret that is split across two writes would not be found. */
const secrets = redactor([FAKE_TOKEN, ...ACCOUNT_VARIABLES]);
const secretsAdded = addSecretsFromEnvironment();
const stdoutBytes = openOutput({ fd: 1, stream: process.stdout });
const stderrBytes = openOutput({ fd: 2, stream: process.stderr });
// Errors are passed to the callback of each write.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
let isResultLost = false;
const stdout = textOutput(process.stdout, stdoutBytes, (error) => {
  // The reader has closed the pipe, as in `plan | head`, or the terminal is closed. That is not a failure.
  if (!stdoutBytes.canRecover) return;
  isResultLost = true;
  printError(`the result cannot be written: ${describeSystemError(error)}`);
});
// An error of stderr cannot be reported.
const stderr = textOutput(process.stderr, stderrBytes, () => {});

// The default handlers of Node.js print a stack trace and source lines, which can contain secrets.
process.on('unhandledRejection', (reason) =>
  printError(`internal error, continuing: unhandled rejection: ${describeThrown(reason)}`),
);
let hasBug = false;
process.on('uncaughtException', (error) => void exitOnBug(error));
if (process.listenerCount('warning') > 0) {
  process.removeAllListeners('warning').on('warning', (warning) => printError(describeThrown(warning)));
}

const program = import('./cli/program.ts');
const stop = new AbortController();
const hangUpListeners: (() => void)[] = [];
/** If stdout is a terminal, SIGHUP means that it was closed. Otherwise, it asks a daemon for a pass, as other daemons read their files again. */
const hangUpStops = process.argv[2] !== 'run' || isatty(1);
let stopSignals = 0;
const unused = new Set<string>();
listenToSignals({
  onStopping: (name) => {
    if (name === 'SIGHUP') {
      if (hangUpStops) return requestStop(name);
      // A daemon runs a pass at its start, so a SIGHUP before that needs no pass of its own.
      for (const listener of hangUpListeners) listener();
      return;
    }
    stopSignals += 1;
    // A second signal ends the process immediately.
    if (stopSignals > 1) exitNow(128 + constants.signals[name]);
    requestStop(name);
  },
  onUnused: (name) => {
    if (unused.has(name)) return;
    unused.add(name);
    printError(`received ${name}, which does nothing; to stop the process, send SIGTERM`);
  },
});
void main();

async function main(): Promise<never> {
  let code: ExitCode | null;
  try {
    const { runCommandLine } = await program;
    await secretsAdded;
    code = await runCommandLine(process.argv.slice(2), {
      environment: process.env,
      stdout,
      stderr,
      logOutput: stdoutBytes,
      secrets,
      stop: stop.signal,
      onHangUp: (listener) => void hangUpListeners.push(listener),
    });
  } catch (error) {
    return exitOnBug(error);
  }
  await flushOutput();
  // Remaining timers and connections do not matter: everything is written, closed and reported.
  exitNow(code ?? Number(isResultLost));
}

function requestStop(signal: string): void {
  void program.then(({ stopReason }) => stop.abort(stopReason(signal)));
}

/**
 * Waits until all output is read. A pipe holds 64 KiB; the rest would be lost. A reader can take its time, as in `plan | less`, but
 * after a stop signal a stuck reader delays the process by at most `MAX_FLUSH_MS`.
 */
async function flushOutput(): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    const startTimer = () => void setTimeout(resolve, MAX_FLUSH_MS);
    if (stop.signal.aborted) startTimer();
    else stop.signal.addEventListener('abort', startTimer);
  });
  await Promise.race([stopped, flushAll()]);
}

async function flushAll(): Promise<void> {
  await stdoutBytes.flushed();
  // An error of stdout is reported on stderr.
  await stderrBytes.flushed();
}

/** Adds the secrets before any command runs: even a command that does not use the API must not print them. */
async function addSecretsFromEnvironment(): Promise<void> {
  const { env } = process;
  secrets.add(env['CLOUDFLARE_API_TOKEN'], env['CLOUDFLARE_API_KEY'], env['VPC_RECONCILER_RECONCILE_TOKEN']);
  secrets.add(...proxySecrets(env));
  const file = env['CLOUDFLARE_API_TOKEN_FILE'];
  if (!file) return;
  try {
    await tokenReader(file.trim(), secrets.add)();
  } catch {
    // A file that cannot be read reveals no token. Commands that use the API report the problem.
  }
}

/** Returns an output that redacts secrets. After its first error, nothing more is written to it. */
function textOutput(stream: NodeJS.WriteStream, bytes: ByteOutput, onError: (error: Error) => void) {
  let isLost = false;
  return {
    isTTY: stream.isTTY,
    columns: stream.columns,
    write: (text: string, onWritten?: () => void) => {
      if (isLost || (stream === process.stderr && bytes.pendingBytes() > MAX_STDERR_BYTES)) return onWritten?.();
      bytes.write(Buffer.from(secrets.redact(text)), (error) => {
        onWritten?.();
        if (error === null || isLost) return;
        isLost = true;
        onError(error);
      });
    },
  };
}

function printError(text: string): void {
  stderr.write(`vpc-reconciler: ${escapeControlCharacters(text)}\n`);
}

/** Ends the process, because its state is unknown after a bug. A supervisor can start it again. */
async function exitOnBug(error: unknown): Promise<never> {
  if (hasBug) exitNow(1);
  hasBug = true;
  printError(`internal error: ${describeThrown(error)}`);
  // oxlint-disable-next-line promise/no-promise-in-callback -- The error of Node.js callbacks has the same name.
  await Promise.race([sleep(MAX_FLUSH_AFTER_BUG_MS), flushAll()]);
  exitNow(1);
}

/**
 * Ends the process immediately. `process.exit` waits for the threads of the process, and a thread can be blocked for minutes: by a DNS
 * resolver that does not answer, or by a network file system that is gone. Replacing the process by another program, as `exec` in a
 * shell does, ends the threads. A signal to itself would not work, because the first process of a container ignores it.
 */
function exitNow(code: number): never {
  if (hasLiveThreads() || process.getActiveResourcesInfo().some((name) => /^(?:GetAddrInfo|FS|Close)Req/.test(name))) {
    process.chdir('/'); // The folder that the process is in may be on the file system that is gone.
    const command = [process.execPath, '--eval', `process.exit(${code})`];
    process.execve?.(process.execPath, command, { ...process.env, NODE_OPTIONS: '' });
  }
  process.exit(code);
}

function describeThrown(thrown: unknown): string {
  try {
    // Redact before truncating, because a part of a secret would not be found.
    return secrets.redact(String(thrown)).slice(0, 1000);
  } catch {
    return 'a value without a text was thrown'; // For example, an object without a prototype.
  }
}
