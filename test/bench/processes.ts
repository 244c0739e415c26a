import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { LiveAccount } from './accounts.ts';

/** The result of a process. CPU time is null if the system does not report it. */
export type Ran = { readonly stdout: string; readonly ms: number; readonly cpuMs: number | null };

/** Runs a Node process to its end. Throws if it does not exit with 0. */
export async function ranNode(line: readonly string[], environment: NodeJS.ProcessEnv): Promise<Ran> {
  const cpuBefore = cpuOfChildrenMs();
  const begun = performance.now();
  const { code, stdout, stderr } = await new Promise<{ code: number | null; stdout: string; stderr: string }>(
    (resolve, reject) => {
      const child = spawn(process.execPath, line, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, stdout, stderr }));
    },
  );
  const ms = performance.now() - begun;
  if (code !== 0) throw new Error(`${line.join(' ')}: expected exit code 0, found ${code}\n${stdout}${stderr}`);
  const cpuAfter = cpuOfChildrenMs();
  return { stdout, ms, cpuMs: cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore };
}

/** The environment of a client of this account, without other settings. */
export function environmentFor(account: LiveAccount | null): NodeJS.ProcessEnv {
  const clean = Object.entries(process.env).filter(([name]) => !/^(?:VPC_RECONCILER|CLOUDFLARE|NODE)_/.test(name));
  if (account === null) return Object.fromEntries(clean);
  return {
    ...Object.fromEntries(clean),
    CLOUDFLARE_BASE_URL: account.url,
    CLOUDFLARE_ACCOUNT_ID: account.accountId,
    CLOUDFLARE_API_TOKEN: account.token,
  };
}

/** Returns the user and system CPU time of all ended children, in ticks of 10 ms: proc_pid_stat(5). */
function cpuOfChildrenMs(): number | null {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    return null; // Not Linux.
  }
}
