import type { Socket } from 'node:net';
import type { Turns } from './turns.ts';

export type Chunk = { readonly chunk: Buffer | string; readonly encoding: BufferEncoding };

/** A larger response is sent in pieces of this size, one in each turn, so that no client keeps the others waiting. */
const PIECE_BYTES = 64 * 1024;

export type SendOptions = {
  readonly turns: Turns;
  /** How long the client may take nothing. After that, the socket emits `timeout`. */
  readonly stallTimeoutMs: number;
};

/** Sends small chunks at once, and large ones in pieces, each after the client took the one before. */
export function sendChunks(
  socket: Socket,
  chunks: readonly Chunk[],
  { turns, stallTimeoutMs }: SendOptions,
  done: (error?: Error | null) => void,
): void {
  socket.setTimeout(stallTimeoutMs);
  sendPieces(socket, toPieces(chunks), turns, (error) => {
    if (!socket.destroyed) socket.setTimeout(0);
    done(error);
  });
}

/** Splits large chunks, and joins nothing: a response that many clients receive is in memory once. */
function toPieces(chunks: readonly Chunk[]): readonly Chunk[] {
  return chunks.flatMap(({ chunk, encoding }) => {
    if (typeof chunk === 'string' || chunk.length <= PIECE_BYTES) return [{ chunk, encoding }];
    const count = Math.ceil(chunk.length / PIECE_BYTES);
    return Array.from({ length: count }, (_, index) => ({
      chunk: chunk.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES),
      encoding,
    }));
  });
}

/** Sends small pieces at once, and large ones one after the other, each after the client took the one before. */
function sendPieces(
  socket: Socket,
  pieces: readonly Chunk[],
  turns: Turns,
  done: (error?: Error | null) => void,
): void {
  let next = 0;
  const sendNext = (error?: Error | null) => {
    if (error != null || next >= pieces.length) return done(error);
    socket.cork();
    let bytes = 0;
    let last: Chunk | undefined;
    while (next < pieces.length && bytes < PIECE_BYTES) {
      if (last !== undefined) socket.write(last.chunk, last.encoding);
      last = pieces[next];
      bytes += last?.chunk.length ?? 0;
      next += 1;
    }
    const isLast = next >= pieces.length;
    const onSent = (failure?: Error | null) => {
      if (failure != null || isLast) done(failure);
      else turns.add(() => sendNext());
    };
    if (last !== undefined) socket.write(last.chunk, last.encoding, onSent);
    socket.uncork();
  };
  sendNext();
}
