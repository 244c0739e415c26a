import { expect, test } from 'vitest';
import { unfinishedFiles } from '../../../src/source/unfinished/unfinished-files.ts';

const WHOLE = 'name: web\ntls: off\n';
const FAR_PAST = Date.now() + 1_000_000_000; // A clock in the future makes the age of the file unknown.

/** Checks one file again and again, with a clock that the test sets. */
function startChecks() {
  let now = 0;
  const check = unfinishedFiles(() => now);
  const contentAt = (ms: number, text: string, stamp: object = {}, folder: object = {}) => {
    now = ms;
    const bytes = Buffer.from(text);
    const times = { ino: 1, birthtimeMs: 1, mtimeMs: FAR_PAST, ctimeMs: FAR_PAST, ...stamp };
    const { files, unfinishedMs } = check(
      { root: '/', revision: null, identity: '1', isReplacedAsWhole: false, files: [], unread: [], ...folder },
      [{ path: 'a.yaml', digest: text, bytes, stamp: times }],
    );
    const [file] = files;
    return {
      isUsed: file?.isUnfinished !== true,
      text: file !== undefined && 'bytes' in file && file.bytes.toString(),
      unfinishedMs,
    };
  };
  return contentAt;
}

test('uses a save that looks complete after 100 ms', () => {
  const contentAt = startChecks();
  contentAt(0, WHOLE);
  const saved = WHOLE.replace('web', 'shop');
  expect(contentAt(1000, saved)).toEqual({ isUsed: false, text: WHOLE, unfinishedMs: 100 });
  expect(contentAt(1099, saved).isUsed).toBe(false);
  expect(contentAt(1100, saved)).toEqual({ isUsed: true, text: saved, unfinishedMs: null });
});

test('uses complete saves that never end after 500 ms', () => {
  const contentAt = startChecks();
  contentAt(0, WHOLE);
  const used = [0, 1, 2, 3, 4, 5].map(
    (count) => contentAt(1000 + 99 * count, WHOLE.replace('web', `web-${count}`)).isUsed,
  );
  expect(used).toEqual([false, false, false, false, false, false]);
  expect(contentAt(1500, WHOLE.replace('web', 'web-6')).isUsed).toBe(true);
});

test('waits two seconds for a file that lost a key', () => {
  const contentAt = startChecks();
  contentAt(0, WHOLE);
  expect(contentAt(1000, 'name: web\n')).toMatchObject({ isUsed: false, unfinishedMs: 2000 });
  expect(contentAt(2999, 'name: web\n').isUsed).toBe(false);
  expect(contentAt(3000, 'name: web\n').isUsed).toBe(true);
});

test('waits three times the longest pause of a file that grows, also when it looks complete', () => {
  const contentAt = startChecks();
  contentAt(0, WHOLE);
  contentAt(1000, 'name: web\n');
  expect(contentAt(1900, WHOLE.replace('off', 'on'))).toMatchObject({ isUsed: false, unfinishedMs: 2700 });
  expect(contentAt(4599, WHOLE.replace('off', 'on')).isUsed).toBe(false);
  expect(contentAt(4600, WHOLE.replace('off', 'on')).isUsed).toBe(true);
});

test('forgets a change that was undone', () => {
  const contentAt = startChecks();
  contentAt(0, WHOLE);
  contentAt(1000, 'name: web\n');
  expect(contentAt(1500, WHOLE)).toMatchObject({ isUsed: true, unfinishedMs: null });
  expect(contentAt(9000, 'name: web\n').unfinishedMs).toBe(2000);
});

test.each([
  { what: 'was renamed', stamp: { ctimeMs: FAR_PAST + 1 } },
  { what: 'is of a folder that is replaced as a whole', folder: { isReplacedAsWhole: true } },
  { what: 'is a new one, of another commit', stamp: { birthtimeMs: 2 }, folder: { identity: '2' } },
])('uses a file at once that $what', ({ stamp, folder }) => {
  const contentAt = startChecks();
  contentAt(0, WHOLE);
  expect(contentAt(1000, 'name: web', stamp, folder).isUsed).toBe(true);
});

test('does not use the same file at once because git has refreshed its index', () => {
  const contentAt = startChecks();
  contentAt(0, WHOLE);
  expect(contentAt(1000, 'name: web', {}, { identity: '2' }).isUsed).toBe(false);
});

test('uses the files that it finds at first, unless one ends within a line and is new', () => {
  expect(startChecks()(0, WHOLE).isUsed).toBe(true);
  expect(startChecks()(0, 'name: we').isUsed).toBe(false);
  expect(startChecks()(0, 'name: web', { mtimeMs: 1, ctimeMs: 1 }).isUsed).toBe(true);
});
