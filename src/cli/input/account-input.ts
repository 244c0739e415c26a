import { readAccount } from '../../config/account.ts';
import type { Account, AccountOptions } from '../../config/account.ts';
import type { Settings } from '../../config/settings.ts';
import type { Context } from '../context.ts';
import { untilResponsive } from './responsive.ts';

/** Reads the account, once the files that belong to it can be read. Throws as `readAccount` and `untilResponsive` do. */
export async function readAccountOf(
  context: Context,
  { ca_file: caFile }: Pick<Settings, 'ca_file'>,
  options: Pick<AccountOptions, 'alternative'> = {},
): Promise<Account> {
  const { environment, secrets } = context;
  await untilResponsive([environment['CLOUDFLARE_API_TOKEN_FILE']?.trim(), caFile], context);
  return readAccount(environment, { ...options, onSecret: secrets.add, caFile });
}
