import { Pool } from 'undici';
import type { Dispatcher } from 'undici';

/** The proxy did not open a tunnel. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  /** The status of the refusal; null when the proxy could not be reached, or did not answer. */
  readonly status: number | null;
  /** The ways to log in that the proxy offers, such as `Basic`. */
  readonly schemes: readonly string[];

  constructor(status: number | null, schemes: readonly string[], cause?: unknown) {
    super('the proxy did not open a tunnel', { cause });
    this.status = status;
    this.schemes = schemes;
  }
}

type ConnectOptions = Parameters<Pool['connect']>[0];
type ConnectData = Dispatcher.ConnectData;
type ConnectCallback = (error: Error | null, data: ConnectData) => void;

/** Connections to a proxy. Every failure to open a tunnel is a `ProxyError`, which distinguishes it from a failure of the API. */
export class TunnelPool extends Pool {
  override connect(options: ConnectOptions): Promise<ConnectData>;
  override connect(options: ConnectOptions, callback: ConnectCallback): void;
  override connect(options: ConnectOptions, callback?: ConnectCallback): Promise<ConnectData> | void {
    if (callback !== undefined) return super.connect(options, callback);
    return super.connect(options).then(openTunnel, (cause: unknown) => {
      throw new ProxyError(null, [], cause);
    });
  }
}

function openTunnel(data: ConnectData): ConnectData {
  const { statusCode, headers, socket } = data;
  if (statusCode === 200) return data;
  socket.on('error', () => {}).destroy();
  const challenges = [headers['proxy-authenticate'] ?? []].flat();
  throw new ProxyError(
    statusCode,
    challenges.flatMap((challenge) => /^[\w-]{1,20}/.exec(challenge) ?? []),
  );
}
