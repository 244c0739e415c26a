import type { Dispatcher } from 'undici';

/** The connections that one request may use. */
export type Lease = {
  readonly dispatcher: Dispatcher;
  /**
   * Call it when no response arrived in time. Later requests open new connections, because the cause, for example a NAT that dropped
   * the connection, may affect the idle connections too. Requests in flight keep their connections.
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

/** A pool of connections. A replaced pool is destroyed when its last request has ended. */
type Pool = { readonly dispatcher: Dispatcher; inFlight: number };

/** Keeps one pool of connections, which is replaced when it is distrusted. */
export function renewableConnections(open: () => Dispatcher): Connections {
  const openPool = (): Pool => ({ dispatcher: open(), inFlight: 0 });
  let current = openPool();
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
          if (pool !== current) return; // Another request that timed out has already replaced it.
          current = openPool();
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
