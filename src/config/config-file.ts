import { constants, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { describeSystemError } from '../core/base/errno.ts';
import { isObject } from '../core/base/json.ts';
import { decodeUtf8 } from '../core/load/encoding.ts';
import type { Decoded } from '../core/load/encoding.ts';
import { renderProblem } from '../core/load/problem.ts';
import { readYaml } from '../core/load/yaml/read-yaml.ts';

/** A key of the configuration file with its value. `from` is its place: `config.yaml:3 interval`. */
export type ConfigFileEntry = {
  readonly key: string;
  readonly value: unknown;
  readonly from: string;
  /** Returns the place of a key within the value: `config.yaml:5 notifications.team.type`. */
  readonly placeOf: PlaceOf;
};

export type PlaceOf = (path: readonly (string | number)[]) => string;

export type ConfigFile = {
  readonly entries: readonly ConfigFileEntry[];
  readonly errors: readonly string[];
  /** The content of the file, if it could be read and decoded. */
  readonly bytes?: Buffer;
};

/** A configuration file as it was read at start. */
export type LoadedFile = { readonly path: string; readonly bytes: Buffer };

/** Reads a configuration file. `namedBy` is the flag or the variable that names it. The keys are not checked here. */
export function readConfigFile(path: string, namedBy: string): ConfigFile {
  let bytes: Buffer;
  let decoded: Decoded;
  try {
    bytes = readFileSync(path);
    decoded = decodeUtf8(bytes);
  } catch (error) {
    const reason = `${JSON.stringify(path)} cannot be read: ${describeSystemError(error)}`;
    return { entries: [], errors: [`${namedBy}: expected a configuration file, found that ${reason}`] };
  }
  if ('fault' in decoded) {
    const { fault, line, column } = decoded;
    return { entries: [], errors: [renderProblem({ file: path, line, column, path: null, message: fault })] };
  }
  const { text } = decoded;
  const { documents, problems, positionOf } = readYaml(text);
  const errors = problems.map(({ offset, path: key, message }) =>
    renderProblem({ file: path, ...positionOf(offset), path: key, message }),
  );
  const [document, second] = documents;
  if (document === undefined) return { entries: [], errors, bytes };
  if (!isObject(document.value) || second !== undefined) {
    return { entries: [], errors: [...errors, `${path}: expected one mapping of settings, such as "interval: 5m"`] };
  }
  const entries = Object.entries(document.value).map(([key, value]) => {
    const placeOf: PlaceOf = (keys) => {
      const { line } = positionOf(document.offsetOfKey([key, ...keys]));
      return `${path}:${line} ${[key, ...keys].join('.')}`;
    };
    return { key, value, from: placeOf([]), placeOf };
  });
  return { entries, errors, bytes };
}

/**
 * Returns a function that checks whether a file is still as it was read. It returns what has happened to the file, once for each change;
 * otherwise null. Nothing blocks, whatever the file is now.
 */
export function configFileChange({ path, bytes }: LoadedFile): () => Promise<string | null> {
  let last: string | Buffer = bytes;
  let isReading = false;
  let isOutdated = false;
  const describe = (now: string | Buffer) => {
    if (typeof now === 'string') return now;
    return now.equals(bytes) ? null : `${path} has changed`;
  };
  return async () => {
    isOutdated = true;
    // While the file system does not respond, further reads would block all threads that DNS needs as well. The running one reads again.
    if (isReading) return null;
    isReading = true;
    let change: string | null = null;
    while (isOutdated) {
      isOutdated = false;
      const now = await readNow(path, bytes.length);
      if (isSame(now, last)) continue;
      last = now;
      change = describe(now);
    }
    isReading = false;
    return change;
  };
}

function isSame(one: string | Buffer, other: string | Buffer): boolean {
  return one === other || (typeof one !== 'string' && typeof other !== 'string' && one.equals(other));
}

/** Returns the content of a file, as far as it can be the same as before, or why it cannot be read. */
async function readNow(path: string, length: number): Promise<Buffer | string> {
  try {
    // A FIFO without a writer would block otherwise.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) return `${path} is no longer a file`;
      const buffer = Buffer.alloc(length + 1);
      let end = 0;
      for (let count = -1; count !== 0 && end < buffer.length; end += count) {
        count = (await file.read(buffer, end, buffer.length - end, end)).bytesRead;
      }
      return buffer.subarray(0, end);
    } finally {
      await file.close();
    }
  } catch (error) {
    return `${path} cannot be read: ${describeSystemError(error)}`;
  }
}
