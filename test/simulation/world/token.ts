import type { Credentials, CredentialSource } from '../../../src/core/base/credentials.ts';
import type { VirtualTime } from '../time/virtual-time.ts';

/** The token file. Programs notice its change within two seconds, as the poll in `src/config/token-file.ts` does. */
export type WorldToken = {
  readonly current: () => string;
  readonly rotate: () => string;
  /** Every token that was ever in the file. */
  readonly all: () => readonly string[];
  readonly open: (onSecret: (secret: string) => void) => CredentialSource;
};

const POLL_MS = 2000;

export function worldToken(time: VirtualTime): WorldToken {
  const tokens = ['simulated-token-0'];
  const latest = () => tokens.at(-1) ?? '';
  let listener: (() => void) | null = null;
  return {
    current: latest,
    all: () => tokens,
    rotate: () => {
      tokens.push(`simulated-token-${tokens.length}`);
      const notify = listener;
      if (notify !== null) time.inProcess(POLL_MS, notify);
      return latest();
    },
    open: (onSecret) => {
      const read = (): Credentials => {
        onSecret(latest());
        return { token: latest() };
      };
      let current = read();
      listener = null;
      const refresh = () => {
        if ('token' in current && current.token !== latest()) current = read();
      };
      return {
        current: () => current,
        reload: async (refused) => {
          refresh();
          return current !== refused;
        },
        watch: (onChange) => {
          const check = () => {
            const before = current;
            refresh();
            if (current !== before) onChange();
          };
          listener = check;
          return () => {
            if (listener === check) listener = null;
          };
        },
      };
    },
  };
}
