import { once } from 'node:events';
import type { Config } from '../config.ts';
import { print } from './context.ts';
import type { Context, ExitCode } from './context.ts';
import { startRehearsal } from './rehearsal.ts';
import type { Seed } from './rehearsal.ts';
import { openSource } from './rooms.ts';

export type EmulateOptions = { readonly port: number; readonly seed: Seed };

/** A local API until told to stop. What to set for clients goes to stdout, the requests go to stderr. */
export async function emulateCommand(
  { settings }: Config,
  { port, seed }: EmulateOptions,
  context: Context,
): Promise<ExitCode> {
  const source = openSource(settings);
  // Nothing else would say that there are no declarations to copy.
  if (seed !== 'empty') await source.read(context.stop);
  const { emulator, account } = await startRehearsal(source, seed, {
    port,
    onRequest: ({ at, method, path, status, durationMs }) =>
      context.stderr.write(`${at.toISOString()} ${method} ${path} ${status} ${Math.round(durationMs)} ms\n`),
  });
  const live = emulator.services().length;
  print(context, '# A local emulator of the Workers VPC services API, for demos and tests. Ctrl-C ends it.');
  print(context, `# It holds ${live} ${live === 1 ? 'service' : 'services'} (--seed ${seed}).`);
  print(context, `export CLOUDFLARE_BASE_URL=${account.baseUrl}`);
  print(context, `export CLOUDFLARE_ACCOUNT_ID=${account.accountId}`);
  print(context, `export CLOUDFLARE_API_TOKEN=${emulator.token}`);
  if (!context.stop.aborted) await once(context.stop, 'abort');
  await emulator.close();
  return 0;
}
