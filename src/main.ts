#!/usr/bin/env node
import { readToken } from './config/token-file.ts';
import { printable } from './core/base/printable.ts';
import { redactor } from './core/base/redactor.ts';
import { fakeToken } from './emulator/fake-account.ts';

// No library is imported before this check: on an older Node they fail with an obscure TypeError of their own.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(`vpc-reconciler needs Node 22.22 or newer, found ${process.versions.node}: install Node 24\n`);
  process.exit(1);
}

// A diagnostic report, which a flag of Node or a crash may write, would hold all of the environment.
Object.assign(process.report, { excludeEnv: true, excludeNetwork: true });

/** How long the last output may take when the process is told to stop. */
const LAST_WRITES_MS = 2000;

/** All that is written passes through `redact`, a whole line or text at a time, so no secret is parted over two of them. */
const secrets = redactor([fakeToken]);
secrets.add(process.env['CLOUDFLARE_API_TOKEN'], process.env['CLOUDFLARE_API_KEY']);
secrets.add(process.env['VPC_RECONCILER_RECONCILE_TOKEN']);
try {
  // Known before any command, for not every one asks the API; whether it is a token is said by those that do.
  if (process.env['CLOUDFLARE_API_TOKEN_FILE']) readToken(process.env['CLOUDFLARE_API_TOKEN_FILE'].trim(), secrets.add);
} catch {
  // It cannot be read, so it cannot be told.
}
const hiding = (stream: NodeJS.WriteStream) => ({
  isTTY: stream.isTTY,
  columns: stream.columns,
  write: (text: string) => stream.write(secrets.redact(text)),
});
const stderr = hiding(process.stderr);

// What nobody foresaw is one line, too: Node's own would show the stack and a line of the source, and the secrets in either.
process.on('unhandledRejection', (reason) => tell(`a bug, going on: unhandled rejection: ${wordsOf(reason)}`));
process.on('uncaughtException', endWith);
// Of warnings, Node's own listener would show what it likes.
if (process.listenerCount('warning') > 0) {
  process.removeAllListeners('warning').on('warning', (warning) => tell(wordsOf(warning)));
}

// A daemon that is still being loaded is about to have a pass: being asked for one is no reason to end.
if (process.argv[2] === 'run') process.on('SIGHUP', () => {});

// Heard before anything is loaded: the first process of a container gets no signal that it does not listen to.
const stop = new AbortController();
let signals = 0;
for (const [name, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const) {
  process.on(name, () => {
    // The first signal ends well; the second one at once.
    signals += 1;
    if (signals > 1) end(128 + number);
    void program.then(({ toldToStop }) => stop.abort(toldToStop(name)));
  });
}
let outlivesStdout = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (outlivesStdout) return;
  // A reader that goes away, as in `plan | head`, is no failure of ours.
  if (error.code === 'EPIPE') process.exit(0);
  tell(`the result cannot be written: ${error.code}`);
  process.exit(1);
});
// Where nobody can be told, the exit code still tells.
process.stderr.on('error', () => {});

const program = import('./cli/program.ts');
void main();

async function main(): Promise<never> {
  try {
    const { runCommandLine } = await program;
    process.exitCode = await runCommandLine(process.argv.slice(2), {
      environment: process.env,
      stdout: hiding(process.stdout),
      stderr,
      secrets,
      stop: stop.signal,
      onHangUp: (listener) => void process.on('SIGHUP', listener),
      outliveStdout: () => {
        outlivesStdout = true;
      },
    });
  } catch (error) {
    endWith(error);
  }
  // A pipe takes 64 KiB at once; the rest is written as its reader comes to it, and would be lost. A reader takes its time, as in
  // `plan | less`; but one that is stuck must not keep a process that is told to stop.
  const patience = new Promise<void>((over) => {
    const begin = () => void setTimeout(over, LAST_WRITES_MS);
    if (stop.signal.aborted) begin();
    else stop.signal.addEventListener('abort', begin);
  });
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writableLength === 0) continue;
    await Promise.race([patience, new Promise<void>((written) => void stream.write('', () => written()))]);
  }
  // What could not be written is told a turn later.
  await new Promise<void>((later) => void setImmediate(later));
  // What may still hold the process is of no use any more: all is written, closed and reported.
  end(Number(process.exitCode));
}

function tell(text: string): void {
  stderr.write(`vpc-reconciler: ${printable(text)}\n`);
}

/** The state of the process is not known any more: whoever supervises it starts another. */
function endWith(error: unknown): void {
  tell(`a bug: ${wordsOf(error)}`);
  end(1);
}

/**
 * Ends the process at once. To exit waits for the threads of the process, and one that asks a resolver which does not answer, or a
 * file system that is gone, is done only when that gives up, after minutes perhaps. Whoever becomes another program, as shells do by
 * `exec`, has no threads left; and the first process of a container has no other way, for it cannot kill itself.
 */
function end(code: number): never {
  if (process.getActiveResourcesInfo().some((name) => /^(?:GetAddrInfo|FS)Req/.test(name))) {
    const program = [process.execPath, '--eval', `process.exit(${code})`];
    process.execve?.(process.execPath, program, { ...process.env, NODE_OPTIONS: '' });
  }
  process.exit(code);
}

function wordsOf(thrown: unknown): string {
  try {
    // Hidden before it is shortened: half a secret would not be found.
    return secrets.redact(String(thrown)).slice(0, 1000);
  } catch {
    return 'something that cannot be told was thrown'; // Such as an object without a prototype.
  }
}
