#!/usr/bin/env node
// Nothing is imported before this check: on an older Node the libraries fail with an obscure TypeError of their own.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(`vpc-reconciler needs Node 22.22 or newer, found ${process.versions.node}: install Node 24\n`);
  process.exit(1);
}

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
    if (signals > 1) process.exit(128 + number);
    void program.then(({ toldToStop }) => stop.abort(toldToStop(name)));
  });
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that goes away, as in `plan | head`, is no failure of ours.
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`vpc-reconciler: the result cannot be written: ${error.code}\n`);
  process.exit(1);
});
// Where nobody can be told, the exit code still tells.
process.stderr.on('error', () => {});

const program = import('./cli/program.ts');
const { runCommandLine } = await program;
process.exitCode = await runCommandLine(process.argv.slice(2), {
  environment: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  stop: stop.signal,
  onHangUp: (listener) => void process.on('SIGHUP', listener),
});
// A pipe takes 64 KiB at once; the rest is written as its reader comes to it, and would be lost.
for (const stream of [process.stdout, process.stderr]) {
  if (stream.writableLength > 0) await new Promise<void>((written) => void stream.write('', () => written()));
}
// What could not be written is told a turn later.
await new Promise<void>((later) => void setImmediate(later));
// What may still hold the process is of no use any more: all is written, closed and reported.
process.exit();
