import type { Dispatcher } from 'undici';

/** The connections that one request may use. */
export type Lease = {
  readonly dispatcher: Dispatcher;
  /**
   * Call it when no response came in time. Later requests open new connections: whatever silenced this one, for example a NAT that
   * forgot it, may have silenced the idle ones as well. Requests in flight keep theirs.
   */
  readonly distrust: () => void;
  /** Call it when the request has ended. */
  readonly release: () => void;
};

export type Connections = {
  readonly lease: () => Lease;
  /** Ends every connection at once. */
  readonly close: () => Promise<void>;
};

/** A pool of connections. It is destroyed when it is not the current one any more and its last request has ended. */
type Pool = { readonly dispatcher: Dispatcher; inFlight: number };

/** Keeps one pool of connections, which is replaced when it is distrusted. */
export function renewableConnections(open: () => Dispatcher): Connections {
  const opened = (): Pool => ({ dispatcher: open(), inFlight: 0 });
  let current = opened();
  const pools = new Set([current]);

  const dropUnused = async (pool: Pool) => {
    if (pool === current || pool.inFlight > 0 || !pools.delete(pool)) return;
    await pool.dispatcher.destroy();
  };

  return {
    lease: () => {
      const pool = current;
      pool.inFlight += 1;
      return {
        dispatcher: pool.dispatcher,
        distrust: () => {
          if (pool !== current) return; // It was replaced since, by another request that timed out with this one.
          current = opened();
          pools.add(current);
        },
        release: () => {
          pool.inFlight -= 1;
          void dropUnused(pool);
        },
      };
    },
    close: async () => {
      await Promise.all([...pools].map(async ({ dispatcher }) => dispatcher.destroy()));
    },
  };
}
