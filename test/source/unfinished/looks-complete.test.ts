import { expect, test } from 'vitest';
import { looksComplete } from '../../../src/source/unfinished/looks-complete.ts';

const BEFORE = 'name: web\nhost:\n  resolver_ips:\n    - 10.0.0.1\n    - fd00::1\n';

test.each<{
  readonly before: string | null;
  readonly now: string;
  readonly complete: boolean;
  readonly reason: string;
}>([
  { before: null, now: 'name: web\n', complete: true, reason: 'it ends with a line' },
  { before: null, now: 'name: we', complete: false, reason: 'it ends within a line' },
  { before: null, now: '{"name": "web"}', complete: true, reason: 'JSON says where it ends' },
  { before: null, now: '{"name": "web"', complete: false, reason: 'the brace is open' },
  { before: '# nothing\n', now: 'name: web\n', complete: true, reason: 'nothing was there before' },
  { before: BEFORE, now: BEFORE.replace('web', 'shop'), complete: true, reason: 'a value has changed' },
  { before: BEFORE, now: BEFORE.replace('fd00::1', '10.0.0.2'), complete: true, reason: 'an item has changed' },
  { before: BEFORE, now: `# new\n${BEFORE}\n# end\n`, complete: true, reason: 'comments were added' },
  { before: BEFORE, now: BEFORE.replace('host', 'type: tcp\nhost'), complete: true, reason: 'a key was added within' },
  { before: BEFORE, now: '', complete: false, reason: 'it is empty' },
  { before: BEFORE, now: BEFORE.slice(0, -3), complete: false, reason: 'it ends within a line' },
  { before: BEFORE, now: BEFORE.replace('name: web\n', ''), complete: false, reason: 'a key is gone' },
  { before: BEFORE, now: BEFORE.replace('    - fd00::1\n', ''), complete: false, reason: 'an item is gone' },
  { before: BEFORE, now: `${BEFORE}    - 10.0.0.3\n`, complete: false, reason: 'an item follows the end' },
  { before: BEFORE, now: `${BEFORE}type: tcp\n`, complete: false, reason: 'a key follows the end' },
  { before: BEFORE, now: `${BEFORE}---\n${BEFORE}`, complete: true, reason: 'a whole document follows' },
  { before: 'a: 1\nb: 22', now: 'a: 3\nb: 22', complete: true, reason: 'both end with the same line' },
  { before: 'a: 1\nb: 22', now: 'a: 3\nb: 2', complete: false, reason: 'the last line may be cut' },
])('$complete, because $reason', ({ before, now, complete }) => {
  expect(looksComplete(before === null ? null : Buffer.from(before), Buffer.from(now))).toBe(complete);
});
