/** Counts the bytes that wait in memory for slow clients. */
export type WaitingBytes<Client> = {
  /** Sets the response that is being sent to a client. */
  readonly setContent: (client: Client, content: Buffer | null) => void;
  /** Sets how many bytes of a client were received and wait for the response before them. */
  readonly setUnparsed: (client: Client, bytes: number) => void;
  readonly remove: (client: Client) => void;
  /** Whether anything waits for this client. */
  readonly has: (client: Client) => boolean;
  /** Returns the bytes in memory. A response that many clients receive counts once. */
  readonly total: () => number;
  /** Waits until all responses are sent, for at most `timeoutMs`. */
  readonly untilSent: (timeoutMs: number) => Promise<void>;
};

export function waitingBytes<Client>(): WaitingBytes<Client> {
  const contents = new Map<Client, Buffer>();
  /** How many clients receive each response. */
  const readers = new Map<Buffer, number>();
  const unparsed = new Map<Client, number>();
  let total = 0;
  let onAllSent: (() => void) | null = null;

  const setContent = (client: Client, content: Buffer | null) => {
    const before = contents.get(client);
    if (before !== undefined) total -= removeReader(readers, before);
    if (content === null) contents.delete(client);
    else {
      contents.set(client, content);
      total += addReader(readers, content);
    }
    if (contents.size === 0) onAllSent?.();
  };
  const setUnparsed = (client: Client, bytes: number) => {
    total += bytes - (unparsed.get(client) ?? 0);
    if (bytes === 0) unparsed.delete(client);
    else unparsed.set(client, bytes);
  };

  return {
    setContent,
    setUnparsed,
    remove: (client) => {
      setContent(client, null);
      setUnparsed(client, 0);
    },
    has: (client) => contents.has(client) || unparsed.has(client),
    total: () => total,
    untilSent: async (timeoutMs) => {
      if (contents.size === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      onAllSent = resolve;
      const timer = setTimeout(resolve, timeoutMs);
      await promise;
      clearTimeout(timer);
    },
  };
}

/** Returns how many bytes are in memory because of this reader. */
function addReader(readers: Map<Buffer, number>, content: Buffer): number {
  const count = readers.get(content) ?? 0;
  readers.set(content, count + 1);
  return count === 0 ? content.length : 0;
}

/** Returns how many bytes are free because this reader is gone. */
function removeReader(readers: Map<Buffer, number>, content: Buffer): number {
  const count = readers.get(content) ?? 0;
  if (count > 1) readers.set(content, count - 1);
  else readers.delete(content);
  return count > 1 ? 0 : content.length;
}
