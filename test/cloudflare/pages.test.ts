import { describe, expect, test } from 'vitest';
import { Pages } from '../../src/cloudflare/pages.ts';
import { failure } from '../../src/core/base/failure.ts';
import { live, webs } from './client.ts';

const services = (count: number) => webs(count).map(live);

test.for([
  { count: 0, info: undefined, complete: true },
  { count: 3, info: undefined, complete: true, reason: 'a short page' },
  { count: 20, info: undefined, complete: false, reason: '20 may be the limit of the server' },
  { count: 1000, info: undefined, complete: false, reason: 'a full page' },
  { count: 2, info: { per_page: 2 }, complete: false, reason: 'a full page of a smaller size' },
  { count: 20, info: { total_count: 20 }, complete: true },
  { count: 3, info: { total_count: 4 }, complete: false },
  { count: 3, info: { total_count: '4' }, complete: false },
  { count: 3, info: { total_pages: 1 }, complete: true },
  { count: 3, info: { total_pages: 2 }, complete: false },
  { count: 0, info: { total_pages: 0 }, complete: true },
])('a first page of $count services with result_info $info: complete is $complete', ({ count, info, complete }) => {
  const pages = new Pages();
  expect(pages.add(services(count), info)).toBe(complete);
  expect(pages.services()).toHaveLength(count);
});

describe('a second page', () => {
  test('that repeats the first completes a list without totals', () => {
    const pages = new Pages();
    expect(pages.add(services(20), undefined)).toBe(false);
    expect(pages.add(services(20), undefined)).toBe(true);
  });

  test('that is shorter completes a list without totals', () => {
    const pages = new Pages();
    const all = services(25);
    expect(pages.add(all.slice(0, 20), undefined)).toBe(false);
    expect(pages.add(all.slice(20), undefined)).toBe(true);
    expect(pages.services()).toEqual(all);
  });

  test.for([
    { first: services(2), info: { total_count: 3 }, but: 'the API announced 3 services' },
    { first: services(2), info: { total_pages: 2 }, but: 'the API announced 2 pages' },
    { first: services(2), info: { per_page: 2 }, but: 'the page was full' },
  ])('that repeats the first fails when $but', ({ first, info, but }) => {
    const pages = new Pages();
    expect(pages.add(first, info)).toBe(false);
    const message = `the list of services is incomplete: page 2 repeated earlier services after 2 services, but ${but}`;
    expect(() => pages.add(first, info)).toThrow(expect.objectContaining({ failure: failure('transient', message) }));
  });
});
