#!/usr/bin/env node
// Nothing is imported before this check: on an older Node the libraries fail with an obscure TypeError of their own.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(`vpc-reconciler needs Node 22.22 or newer, found ${process.versions.node}: install Node 24\n`);
  process.exit(1);
}

const { runCommandLine, toldToStop } = await import('./cli/program.ts');

const stop = new AbortController();
for (const [name, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const) {
  process.on(name, () => {
    // The first signal ends well; the second one at once.
    if (stop.signal.aborted) process.exit(128 + number);
    stop.abort(toldToStop(name));
  });
}
// A reader that goes away, as in `plan | head`, is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  environment: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  stop: stop.signal,
});
// What may still hold the process is of no use any more: all is written, closed and reported.
process.exit();
