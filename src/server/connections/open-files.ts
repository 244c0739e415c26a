import { readFileSync } from 'node:fs';

/** Returns how many files and connections this process may have open at a time; infinite where that is unknown. */
export function openFileLimit(): number {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity; // Only Linux has this file. The default limit of macOS is 256, which Node raises.
  }
}
