/** The bytes of a connection that the parser did not get yet. */
export type RequestSplitter = {
  readonly add: (bytes: Buffer) => void;
  /** Removes the bytes of the first request, or what there is of it, and returns them. */
  readonly take: () => Buffer;
  readonly length: () => number;
  readonly clear: () => void;
};

const NOTHING = Buffer.alloc(0);
const EMPTY_LINE = '\r\n\r\n';

/** Splits what a client sends at the empty lines that end a request. A body with empty lines is split as well, which does no harm. */
export function requestSplitter(): RequestSplitter {
  let rest: Buffer = NOTHING;
  /** The last bytes that were taken: an empty line can begin in them. */
  let tail: Buffer = NOTHING;
  return {
    add: (bytes) => {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    },
    take: () => {
      const length = lengthOfRequest(tail, rest);
      const request = rest.subarray(0, length);
      // Nothing is kept of a packet whose bytes are all taken.
      rest = length === rest.length ? NOTHING : rest.subarray(length);
      tail = Buffer.concat([tail, request.subarray(1 - EMPTY_LINE.length)]).subarray(1 - EMPTY_LINE.length);
      return request;
    },
    length: () => rest.length,
    clear: () => {
      rest = NOTHING;
    },
  };
}

/** Returns how many of the bytes end the first request in them: those up to the first empty line, or all. */
function lengthOfRequest(tail: Buffer, bytes: Buffer): number {
  const across = Buffer.concat([tail, bytes.subarray(0, EMPTY_LINE.length - 1)]).indexOf(EMPTY_LINE);
  if (across >= 0) return across + EMPTY_LINE.length - tail.length;
  const at = bytes.indexOf(EMPTY_LINE);
  return at < 0 ? bytes.length : at + EMPTY_LINE.length;
}
