import { readFileSync } from 'node:fs';
import { describeSystemError } from '../core/base/errno.ts';
import { isObject } from '../core/base/json.ts';
import { decodeUtf8 } from '../core/load/encoding.ts';
import type { Decoded } from '../core/load/encoding.ts';
import { renderProblem } from '../core/load/problem.ts';
import { readYaml } from '../core/load/yaml/read-yaml.ts';

/** A key of the configuration file with its value. `from` is its place: `config.yaml:3 interval`. */
export type ConfigFileEntry = { readonly key: string; readonly value: unknown; readonly from: string };

export type ConfigFile = { readonly entries: readonly ConfigFileEntry[]; readonly errors: readonly string[] };

/** Reads a configuration file. `namedBy` is the flag or the variable that names it. The keys are not checked here. */
export function readConfigFile(path: string, namedBy: string): ConfigFile {
  let decoded: Decoded;
  try {
    decoded = decodeUtf8(readFileSync(path));
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
  if (document === undefined) return { entries: [], errors };
  if (!isObject(document.value) || second !== undefined) {
    return { entries: [], errors: [...errors, `${path}: expected one mapping of settings, such as "interval: 5m"`] };
  }
  const entries = Object.entries(document.value).map(([key, value]) => {
    const { line } = positionOf(document.offsetOfKey([key]));
    return { key, value, from: `${path}:${line} ${key}` };
  });
  return { entries, errors };
}
