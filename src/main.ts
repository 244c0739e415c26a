#!/usr/bin/env node
import { proxySecrets } from './config/proxy.ts';
import { ACCOUNT_VARIABLES } from './config/environment.ts';
import { readToken } from './config/token-file.ts';
import { escapeControlCharacters } from './core/base/text/escape.ts';
import { redactor } from './core/base/text/redactor.ts';
import { FAKE_TOKEN } from './emulator/fake-account.ts';
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

/** Output is redacted in whole lines or texts, because a secret that is split across two writes would not be found. */
const secrets = redactor([FAKE_TOKEN, ...ACCOUNT_VARIABLES]);
addSecretsFromEnvironment();
const stderr = redacted(process.stderr);

// The default handlers of Node.js print a stack trace and source lines, which can contain secrets.
process.on('unhandledRejection', (reason) =>
  printError(`internal error, continuing: unhandled rejection: ${describeThrown(reason)}`),
);
process.on('uncaughtException', exitOnBug);
if (process.listenerCount('warning') > 0) {
  process.removeAllListeners('warning').on('warning', (warning) => printError(describeThrown(warning)));
}

// A daemon runs a pass at its start, so a SIGHUP before that needs no pass of its own. Without a listener, it would end the process.
if (process.argv[2] === 'run') process.on('SIGHUP', () => {});

// Listen before anything is loaded: the first process of a container ignores signals that it does not listen to.
const stop = new AbortController();
let signalCount = 0;
for (const [name, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const) {
  process.on(name, () => {
    signalCount += 1;
    // A second signal ends the process immediately.
    if (signalCount > 1) exitNow(128 + number);
    void program.then(({ stopReason }) => stop.abort(stopReason(name)));
  });
}
let ignoresStdoutErrors = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (ignoresStdoutErrors) return;
  // The reader closed the pipe, as in `plan | head`. That is not a failure.
  if (error.code === 'EPIPE') exitNow(0);
  printError(`the result cannot be written: ${error.code}`);
  exitNow(1);
});
// An error of stderr cannot be reported. The exit code still shows a failure.
process.stderr.on('error', () => {});

const program = import('./cli/program.ts');
void main();

async function main(): Promise<never> {
  try {
    const { runCommandLine } = await program;
    process.exitCode = await runCommandLine(process.argv.slice(2), {
      environment: process.env,
      stdout: redacted(process.stdout),
      stderr,
      secrets,
      stop: stop.signal,
      onHangUp: (listener) => void process.on('SIGHUP', listener),
      ignoreStdoutErrors: () => {
        ignoresStdoutErrors = true;
      },
    });
  } catch (error) {
    exitOnBug(error);
  }
  await flushOutput();
  // Remaining timers and connections do not matter: everything is written, closed and reported.
  exitNow(Number(process.exitCode));
}

/**
 * Waits until all output is read. A pipe holds 64 KiB; the rest would be lost. A reader can take its time, as in `plan | less`, but
 * after a stop signal a stuck reader delays the process by at most `MAX_FLUSH_MS`.
 */
async function flushOutput(): Promise<void> {
  const timeout = new Promise<void>((resolve) => {
    const startTimer = () => void setTimeout(resolve, MAX_FLUSH_MS);
    if (stop.signal.aborted) startTimer();
    else stop.signal.addEventListener('abort', startTimer);
  });
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writableLength === 0) continue;
    await Promise.race([timeout, new Promise<void>((resolve) => void stream.write('', () => resolve()))]);
  }
  // Write errors are emitted one turn of the event loop later.
  await new Promise<void>((resolve) => void setImmediate(resolve));
}

/** Adds the secrets before any command runs: even a command that does not use the API must not print them. */
function addSecretsFromEnvironment(): void {
  const { env } = process;
  secrets.add(env['CLOUDFLARE_API_TOKEN'], env['CLOUDFLARE_API_KEY'], env['VPC_RECONCILER_RECONCILE_TOKEN']);
  secrets.add(...proxySecrets(env));
  const file = env['CLOUDFLARE_API_TOKEN_FILE'];
  if (!file) return;
  try {
    readToken(file.trim(), secrets.add);
  } catch {
    // A file that cannot be read reveals no token. Commands that use the API report the problem.
  }
}

/** Returns an output that redacts secrets. */
function redacted(stream: NodeJS.WriteStream) {
  return {
    isTTY: stream.isTTY,
    columns: stream.columns,
    write: (text: string) => stream.write(secrets.redact(text)),
  };
}

function printError(text: string): void {
  stderr.write(`vpc-reconciler: ${escapeControlCharacters(text)}\n`);
}

/** Ends the process, because its state is unknown after a bug. A supervisor can start it again. */
function exitOnBug(error: unknown): void {
  printError(`internal error: ${describeThrown(error)}`);
  exitNow(1);
}

/**
 * Ends the process immediately. `process.exit` waits for the threads of the process, and a thread can be blocked for minutes: by a DNS
 * resolver that does not answer, or by a network file system that is gone. Replacing the process by another program, as `exec` in a
 * shell does, ends the threads. A signal to itself would not work, because the first process of a container ignores it.
 */
function exitNow(code: number): never {
  if (hasLiveThreads() || process.getActiveResourcesInfo().some((name) => /^(?:GetAddrInfo|FS)Req/.test(name))) {
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
