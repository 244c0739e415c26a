import type { Directory } from '../core/service/directory.ts';

/** A notice is printed for a list that takes longer. */
const NOTICE_AFTER_MS = 2000;

/** Wraps a directory so that `notify` is called once for each list of services that is slow. */
export function withSlowListNotice(directory: Directory, baseUrl: string, notify: (text: string) => void): Directory {
  return {
    ...directory,
    list: async (signals) => {
      const { host } = new URL(baseUrl);
      const timer = setTimeout(() => notify(`waiting for ${host} to list the services`), NOTICE_AFTER_MS);
      try {
        return await directory.list(signals);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
