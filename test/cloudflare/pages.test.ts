import { describe, expect, test } from 'vitest';
import { Pages } from '../../src/cloudflare/pages.ts';
import { failure } from '../../src/core/base/failure.ts';
import { parsePage } from '../../src/cloudflare/live-services.ts';
import { live, web, webs } from './client.ts';

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
  expect(pages.items()).toHaveLength(count);
});

describe('a second page', () => {
  test('that is empty completes a list without totals', () => {
    const pages = new Pages();
    expect(pages.add(services(20), undefined)).toBe(false);
    expect(pages.add([], undefined)).toBe(true);
    expect(pages.items()).toEqual(services(20));
  });

  test('that is shorter completes a list without totals', () => {
    const pages = new Pages();
    const all = services(25);
    expect(pages.add(all.slice(0, 20), undefined)).toBe(false);
    expect(pages.add(all.slice(20), undefined)).toBe(true);
    expect(pages.items()).toEqual(all);
  });

  test.for([
    { first: services(2), info: { total_count: 3 }, but: 'the API announced 3 services' },
    { first: services(2), info: { total_pages: 2 }, but: 'the API announced 2 pages' },
    { first: services(2), info: { per_page: 2 }, but: 'the page was full' },
    { first: services(20), info: undefined, but: 'the API did not announce how many there are' },
    { first: services(30), info: undefined, but: 'the API did not announce how many there are' },
  ])('that repeats the first fails when $but', ({ first, info, but }) => {
    const pages = new Pages();
    expect(pages.add(first, info)).toBe(false);
    const message = `the list of services is incomplete: page 2 repeated earlier services after ${first.length} services, but ${but}`;
    expect(() => pages.add(first, info)).toThrow(expect.objectContaining({ failure: failure('transient', message) }));
  });
});

test.for([
  { count: 9, complete: true },
  { count: 16, complete: false },
  { count: 23, complete: true },
  { count: 25, complete: false },
  { count: 30, complete: false },
  { count: 64, complete: false },
  { count: 60, complete: true },
  { count: 200, complete: false },
  { count: 999, complete: true },
])('a list of $count services without totals may be cut: complete is $complete', ({ count, complete }) => {
  expect(new Pages().add(services(count), {})).toBe(complete);
});

describe('an item that cannot be used', () => {
  const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);

  test.for<[what: string, item: unknown, reason: string, known?: object]>([
    ['null', null, 'expected a service, found nothing'],
    ['text', 'web', 'expected a service, found "web"'],
    ['a list', [web()], 'expected a service, found a list'],
    ['no id', { name: 'other' }, 'expected the text "service_id", found nothing', { name: 'other' }],
    ['null as its id', { service_id: null }, 'expected the text "service_id", found nothing'],
    ['a number as its id', { service_id: 42 }, 'expected the text "service_id", found 42'],
    ['a mapping as its id', { service_id: {} }, 'expected the text "service_id", found a mapping'],
    ['an empty id', { service_id: '' }, 'expected the text "service_id", found ""'],
    ['a number as its name, too', { name: 7 }, 'expected the text "service_id", found nothing'],
    [
      'too many levels',
      { service_id: 'ABC', name: 'other', x: deep(60) },
      'expected at most 50 levels, found more',
      { service_id: 'abc', name: 'other' },
    ],
  ])('is skipped and named, and counts as an item of the list: %s', ([, item, reason, known = {}]) => {
    const pages = new Pages();
    expect(pages.add(parsePage([web(), item]), { total_count: 2 })).toBe(true);
    const unusable = { service_id: null, name: null, value: null, reason: `item 2 of the list of services: ${reason}` };
    expect(pages.items()).toEqual([live(web()), { ...unusable, ...known }]);
  });

  test('is counted on every page', () => {
    const pages = new Pages();
    const [one, two, three] = webs(3);
    expect(pages.add(parsePage([null, one]), { total_count: 5 })).toBe(false);
    expect(pages.add(parsePage([two, null, three]), { total_count: 5 })).toBe(true);
    expect(pages.items().flatMap((item) => ('reason' in item ? [item.reason] : []))).toEqual([
      'item 1 of the list of services: expected a service, found nothing',
      'item 4 of the list of services: expected a service, found nothing',
    ]);
  });

  test('does not make a repeated page new', () => {
    const pages = new Pages();
    expect(pages.add(parsePage([web(), null]), { total_count: 4 })).toBe(false);
    expect(() => pages.add(parsePage([web(), null]), { total_count: 4 })).toThrow('page 2 repeated earlier services');
  });

  test('fails the list if no item can be used', () => {
    expect(() => new Pages().add(parsePage([null, { id: 'a' }]), undefined)).toThrow(
      'the list of services contains 2 items, none of which can be used; item 1 of the list of services: expected a service, found nothing',
    );
  });
});
