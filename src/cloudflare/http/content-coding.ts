import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib';

type Decoder = (body: Uint8Array, limits: { readonly maxOutputLength: number }) => Promise<Buffer>;

const [decodeGzip, decodeBrotli, decodeZstd] = [
  promisify(gunzip),
  promisify(brotliDecompress),
  promisify(zstdDecompress),
];
const [decodeDeflate, decodeRawDeflate] = [promisify(inflate), promisify(inflateRaw)];

/** https://www.iana.org/assignments/http-parameters/http-parameters.xhtml#content-coding */
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: decodeGzip,
  'x-gzip': decodeGzip,
  br: decodeBrotli,
  zstd: decodeZstd,
  // Some servers leave out the zlib header, which RFC 9110 requires.
  deflate: async (body, limits) => (hasZlibHeader(body) ? decodeDeflate(body, limits) : decodeRawDeflate(body, limits)),
};

/** The codings that requests accept. The others are decoded too, because some servers ignore what the client accepts. */
export const ACCEPTED_CODINGS = 'gzip, br';

/** More than one coding is unusual, and each can multiply the size. */
const MAX_CODINGS = 2;

/** Returns the codings in the order in which they were applied. */
export function parseCodings(contentEncoding: string | undefined): readonly string[] {
  const codings = (contentEncoding ?? '').toLowerCase().split(',');
  return codings.map((coding) => coding.trim()).filter((coding) => coding !== '' && coding !== 'identity');
}

/**
 * Returns the text of a body. Throws an `Error` with the reason when the body cannot be decoded, or has more than `maxBytes` at any step.
 */
export async function decodeBody(body: Buffer, codings: readonly string[], maxBytes: number): Promise<string> {
  if (codings.length > MAX_CODINGS) throw new Error(`it has more than ${MAX_CODINGS} content codings`);
  let bytes = body;
  // A response without content, such as one to a request that failed early, may still name a coding.
  for (const coding of body.length === 0 ? [] : codings.toReversed()) {
    const decode = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
    if (decode === undefined) throw new Error('its content coding is not supported');
    try {
      bytes = await decode(bytes, { maxOutputLength: maxBytes });
    } catch (error) {
      const isTooLarge = error instanceof RangeError;
      throw new Error(isTooLarge ? `it has more than ${maxBytes} bytes when decoded` : 'it cannot be decoded', {
        cause: error,
      });
    }
  }
  return bytes.toString('utf8');
}

/** https://www.rfc-editor.org/rfc/rfc1950#section-2.2 */
function hasZlibHeader([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
}
