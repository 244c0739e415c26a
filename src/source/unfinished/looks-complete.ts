/**
 * Whether new content of a file looks like all of it, and not like its beginning. `before` is the last complete content of the file;
 * null if it is unknown. Content that is written bit by bit is cut somewhere: it seldom ends with a line, and it lacks what is at the end.
 */
export function looksComplete(before: Buffer | null, now: Buffer): boolean {
  const text = now.toString('latin1');
  if (/^\s*[[{]/.test(text) && isJson(now)) return true;
  if (before === null) return text.endsWith('\n');
  const textBefore = before.toString('latin1');
  if (!text.endsWith('\n') && (textBefore.endsWith('\n') || lastLine(text) !== lastLine(textBefore))) return false;
  const [keys, keysBefore] = [keysOf(text), keysOf(textBefore)];
  return keysBefore.length === 0 || (endsLike(keysBefore, keys) && containsAll(keys, keysBefore));
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

function lastLine(text: string): string {
  return text.slice(text.lastIndexOf('\n') + 1);
}

/** Returns the key of each line with its indentation, so that other values have the same keys. The key of an item of a list is its dash. */
function keysOf(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const content = line.trimStart();
    if (content === '' || content.startsWith('#')) return [];
    const indentation = line.slice(0, line.length - content.length);
    const [key = '-'] = /^(?:- +)*["']?[\w.-]+["']?:(?=\s|$)|^---/.exec(content) ?? [];
    return [indentation + key];
  });
}

/** Whether both end with the same key, and repeat it as often: a list can still get more items. */
function endsLike(before: readonly string[], now: readonly string[]): boolean {
  const last = before.at(-1);
  const repeated = (keys: readonly string[]) => keys.length - 1 - keys.findLastIndex((key) => key !== last);
  return repeated(before) === repeated(now);
}

function containsAll(keys: readonly string[], wanted: readonly string[]): boolean {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return wanted.every((key) => {
    const count = counts.get(key) ?? 0;
    counts.set(key, count - 1);
    return count > 0;
  });
}
