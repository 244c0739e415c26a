import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/base/json.ts';
import { normalize } from '../../src/core/service/normalize.ts';
import { outcomeOfWrite } from '../../src/pass/written-service.ts';
import { id, live, service, tcp } from '../core/builders.ts';
import { onlyStep, planFor } from './steps.ts';

const created = onlyStep('create', planFor([service({ service_id: null })], []));
const updated = (liveFields: JsonObject = {}) =>
  onlyStep('update', planFor([service({ tcp_port: 1 })], [live(liveFields)]));

test('an answer that shows what was sent is no reason for concern, whatever the API adds', () => {
  expect(outcomeOfWrite(created, live({ service_id: id(7) }), 1)).toBeNull();
  expect(outcomeOfWrite(created, live({ service_id: id(7), region: 'weur' }), 1)).toBeNull();
  expect(outcomeOfWrite(updated(), live({ tcp_port: 1 }), 1)).toBeNull();
  const labels = { team: 'net', weight: 3 };
  expect(outcomeOfWrite(updated({ labels }), live({ tcp_port: 1, labels }), 1)).toBeNull();
  expect(outcomeOfWrite(updated({ labels }), live({ tcp_port: 1, labels: { ...labels, weight: 4 } }), 1)).toBeNull();
});

test('an answer with another value is unsettled, with the fields and what was stored', () => {
  const stored = live({ tcp_port: 2, host: { ...tcp.host, hostname: 'other.internal' }, region: 'weur' });
  expect(outcomeOfWrite(updated(), stored, 2)).toEqual({
    result: 'unsettled',
    attempts: 2,
    service_id: id(1),
    paths: ['tcp_port', 'host.hostname'],
    stored: normalize(stored.value).known,
    unknown: new Map([['region', 'weur']]),
  });
  expect(outcomeOfWrite(created, live({ service_id: id(7), tcp_port: 2 }), 1)).toMatchObject({
    result: 'unsettled',
    service_id: id(7),
    paths: ['tcp_port'],
  });
});

test('an answer without an unknown field that was sent is unsettled, with the field', () => {
  const before = { labels: { team: 'net', weight: 3 }, weight: 1 };
  expect(outcomeOfWrite(updated(before), live({ tcp_port: 1, labels: { team: 'net' }, weight: 1 }), 1)).toMatchObject({
    result: 'unsettled',
    paths: [],
    lost: ['labels.weight'],
  });
  expect(outcomeOfWrite(updated(before), live({ tcp_port: 2 }), 1)).toMatchObject({
    paths: ['tcp_port'],
    lost: ['labels', 'weight'],
  });
});
