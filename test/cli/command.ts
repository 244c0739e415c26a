import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { expect, onTestFinished } from 'vitest';
import { runCommandLine } from '../../src/cli/program.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import { redactor } from '../../src/core/base/text/redactor.ts';
import { openOutput } from '../../src/sinks/output.ts';
import { EXAMPLE_TUNNEL, FAKE_ACCOUNT_ID, startEmulator } from '../../src/emulator/emulator.ts';
import type { Emulator, EmulatorOptions } from '../../src/emulator/emulator.ts';

/** A token that looks like a real one. No output may contain it. */
export const SECRET = 'v4-aXJyZWxldmFudC1zZWNyZXQ';

export type Environment = Readonly<Record<string, string>>;

/** The output and the exit code of a command. */
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

type CommandOptions = {
  readonly environment?: Environment;
  readonly stop?: AbortSignal;
  /** The width of the terminal; without it, the output is not a terminal. */
  readonly columns?: number;
  /** The text on stdin, which is a terminal if the output is one. */
  readonly input?: string | Uint8Array;
  /** Called with every piece of output. */
  readonly onOutput?: (text: string) => void;
};

/** Runs a command line in this process, and checks that its output does not contain `SECRET`. */
export async function command(
  line: readonly string[],
  { environment = {}, stop = new AbortController().signal, columns, input, onOutput }: CommandOptions = {},
): Promise<Ended> {
  const written = { stdout: '', stderr: '' };
  const into = (name: keyof typeof written) => {
    const output = new Writable({
      write: (chunk, _, done) => {
        written[name] += String(chunk);
        onOutput?.(String(chunk));
        done();
      },
    });
    return Object.assign(output, columns === undefined ? {} : { isTTY: true, columns });
  };
  const [stdout, stderr, secrets] = [into('stdout'), into('stderr'), redactor()];
  const stdin = Object.assign(new PassThrough(), { isTTY: columns !== undefined && input !== undefined });
  if (input !== undefined) stdin.end(input);
  const logOutput = openOutput({ fd: 1, stream: process.stdout });
  const context = { environment, stdout, stderr, stdin, logOutput, secrets, stop, onHangUp: () => {} };
  const code = (await runCommandLine(line, context)) ?? 0;
  expect(written.stdout + written.stderr).not.toContain(SECRET);
  return { code, ...written };
}

/** Returns the environment variables for an emulated account. */
export function accountAt(url: string, token = SECRET): Environment {
  return { CLOUDFLARE_ACCOUNT_ID: FAKE_ACCOUNT_ID, CLOUDFLARE_BASE_URL: url, CLOUDFLARE_API_TOKEN: token };
}

/** Starts an emulator whose token is `SECRET`. It is closed at the end of the test. */
export async function emulated(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator({ token: SECRET, ...options });
  onTestFinished(emulator.close);
  return emulator;
}

/** Creates a temporary folder. It is deleted at the end of the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-command-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Creates a temporary folder with files, by name. */
export function folderOf(files: Readonly<Record<string, string | JsonObject>>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

const network = { tunnel_id: EXAMPLE_TUNNEL };

/** Returns the declaration of an HTTP service. */
export function web(changes: JsonObject = {}): JsonObject {
  const id = '0191e3a4-5b6c-7d8e-9f00-112233445566';
  return {
    service_id: id,
    name: 'web',
    type: 'http',
    http_port: 8080,
    host: { ipv4: '10.0.0.1', network },
    ...changes,
  };
}

/** Returns the declaration of a TCP service. */
export function database(changes: JsonObject = {}): JsonObject {
  const id = '0191e3a4-5b6c-7d8e-9f00-112233445577';
  return { service_id: id, name: 'db', type: 'tcp', tcp_port: 5432, host: { ipv4: '10.0.0.2', network }, ...changes };
}
