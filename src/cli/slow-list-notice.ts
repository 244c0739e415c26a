import type { Directory } from '../core/service/directory.ts';

/** After so long, whoever looks on begins to wonder. */
const LONG_MS = 2000;

/** A directory that tells once what is waited for, where the list of services is long in coming. */
export function tellingWaits(directory: Directory, baseUrl: string, tell: (text: string) => void): Directory {
  return {
    ...directory,
    list: async (signals) => {
      const timer = setTimeout(() => tell(`waiting for ${new URL(baseUrl).host} to list the services`), LONG_MS);
      try {
        return await directory.list(signals);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
