import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { LiveAccount } from './accounts.ts';

/** What became of a process that was run to its end. CPU time is null where the system does not tell it. */
export type Ran = { readonly stdout: string; readonly ms: number; readonly cpuMs: number | null };

/** Runs this Node to the end. Throws when that is no good one. */
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

/** The environment of a client of this account, without what else would steer it. */
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

/** The processor time, in user and in system mode, of all children that have ended: proc_pid_stat(5). In ticks of 10 ms. */
function cpuOfChildrenMs(): number | null {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    return null; // Not Linux.
  }
}
