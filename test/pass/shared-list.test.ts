import { expect, test } from 'vitest';
import { sharedList } from '../../src/pass/shared-list.ts';

/** An account whose lists are answered by hand: list 1 has the item 1, and so on. */
function openAccount() {
  const requests: PromiseWithResolvers<readonly number[]>[] = [];
  const lists = sharedList(async () => {
    const request = Promise.withResolvers<readonly number[]>();
    requests.push(request);
    return request.promise;
  });
  return {
    ...lists,
    requests: () => requests.length,
    answer: (number: number) => requests[number - 1]?.resolve([number]),
    fail: (number: number) => requests[number - 1]?.reject(new Error(`list ${number}`)),
  };
}

/** Resolves once all promises that can have been settled are settled. */
const settled = async () => new Promise((resolve) => setImmediate(resolve));

test('the latest list is none before the first answer, and then the last answer', async () => {
  const { list, latest, answer } = openAccount();
  const first = list();
  expect(latest()).toBeNull();
  answer(1);
  expect(await first).toEqual([1]);
  expect(latest()).toEqual([1]);
  const second = list();
  expect(latest()).toEqual([1]);
  answer(2);
  expect(await second).toEqual([2]);
  expect(latest()).toEqual([2]);
});

test('callers share one list that begins after the running one, because the running one may be older than their call', async () => {
  const { list, answer, requests } = openAccount();
  const first = list();
  const others = [list(), list(), list()];
  await settled();
  expect(requests()).toBe(1);
  answer(1);
  await first;
  await settled();
  expect(requests()).toBe(2);
  answer(2);
  expect(await Promise.all(others)).toEqual([[2], [2], [2]]);
  expect(requests()).toBe(2);
});

test('a call while the shared list is running waits for another one', async () => {
  const { list, answer, requests } = openAccount();
  const calls = [list(), list()];
  answer(1);
  await settled();
  calls.push(list(), list());
  answer(2);
  await settled();
  answer(3);
  expect(await Promise.all(calls)).toEqual([[1], [2], [3], [3]]);
  expect(requests()).toBe(3);
});

test('only its own callers receive the error of a list, and the latest list stays', async () => {
  const { list, latest, answer, fail } = openAccount();
  const first = list();
  answer(1);
  await first;
  const second = list();
  const third = list();
  fail(2);
  await expect(second).rejects.toThrow('list 2');
  expect(latest()).toEqual([1]);
  await settled();
  answer(3);
  expect(await third).toEqual([3]);
});
