import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { accountAt, database, emulated, folderOf, temporaryFolder, web } from '../cli/command.ts';
import { expressions, fillVariables } from '../monitoring/dashboard.ts';
import { runPromtool, prometheus, promtool } from '../monitoring/promtool.ts';
import { root, start } from './program.ts';

const FULL = process.env['FULL'] === '1';
const PATIENCE = { timeout: 60_000, interval: 200 };

const alertsSchema = z.object({
  data: z.object({
    alerts: z.array(
      z.object({
        state: z.string(),
        labels: z.looseObject({ alertname: z.string() }),
        annotations: z.object({ summary: z.string(), description: z.string() }),
      }),
    ),
  }),
});
const answerSchema = z.object({ status: z.literal('success'), data: z.object({ result: z.array(z.unknown()) }) });

type Prometheus = {
  /** Those that fire, with what they say. */
  readonly firing: () => Promise<Readonly<Record<string, string>>>;
  /** How many series there are for this. */
  readonly count: (expression: string) => Promise<number>;
};

const describedBy = 'Prometheus scrapes a daemon, fills its dashboard, and fires and ends the alerts on it';
test.runIf(FULL && prometheus !== undefined)(`${describedBy} (FULL=1, where there is Prometheus)`, async () => {
  const services = [web(), database()];
  const live = [web({ http_port: 1 }), database({ tcp_port: 1 })];
  const emulator = await emulated({ services: live });
  const folder = folderOf({ 'web.yaml': web(), 'db.yaml': database() });
  const line = ['run', '--services', folder, '--interval', '1s', '--fresh-for', '5s', '--http-listen', '127.0.0.1:0'];
  const program = start(line, { environment: accountAt(emulator.url) });
  const { url } = z.looseObject({ url: z.string() }).parse(await program.logged({ event: 'serving' }));
  await program.logged({ event: 'reconciliation_report', outcome: 'in_sync' });

  const served = await fetch(`${url}/metrics`);
  expect(served.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  if (promtool !== undefined) expect(runPromtool(['check', 'metrics'], await served.text()).output).toBe('');

  const { firing, count } = await startPrometheus(new URL(url).host);
  await expect.poll(async () => count('vpc_reconciler_ready == 1'), PATIENCE).toBe(1);
  expect(await count('vpc_reconciler_updates_total{result="updated"} == 2')).toBe(1);
  expect(await count('vpc_reconciler_services{finding="in_sync"} == 2')).toBe(1);
  expect(await count('vpc_reconciler_api_requests_total{method="PUT",status="200"} == 2')).toBe(1);

  // Two scrapes, and there are rates; what is left is for what has never happened, and for marks of restarts.
  await expect.poll(async () => count('rate(vpc_reconciler_passes_total[1m])'), PATIENCE).toBeGreaterThan(0);
  const empty: string[] = [];
  for (const expression of expressions) if ((await count(fillVariables(expression))) === 0) empty.push(expression);
  expect(empty.filter((each) => !/changes\(process_start|pass_due_since|next_pass/.test(each))).toEqual([]);
  expect(await firing()).toEqual({});

  await emulator.close();
  await expect.poll(firing, PATIENCE).toMatchObject({
    VpcReconcilerFailing: expect.stringMatching(/^Passes of vpc-reconciler at 127\.0\.0\.1:\d+ fail$/),
    VpcReconcilerStale: expect.stringMatching(/ has had no good pass for \d+\.?\d*s$/),
    VpcReconcilerNotReady: expect.any(String),
  });
  expect(await count('vpc_reconciler_services{finding="in_sync"} == 2')).toBe(1);

  await emulated({ port: Number(new URL(emulator.url).port), services });
  await expect.poll(firing, PATIENCE).toEqual({});

  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0 });
  await expect.poll(firing, PATIENCE).toEqual({
    VpcReconcilerDown: expect.stringMatching(/^vpc-reconciler at 127\.0\.0\.1:\d+ does not answer$/),
  });
});

/** A Prometheus that scrapes this target once a second, with the alerts in a hurry. Gone when the test ends. */
async function startPrometheus(target: string): Promise<Prometheus> {
  const folder = temporaryFolder();
  const [config, rules] = [join(folder, 'prometheus.json'), join(folder, 'alerts.json')];
  writeFileSync(rules, JSON.stringify(alertsInAHurry()));
  const scrape = { job_name: 'vpc-reconciler', static_configs: [{ targets: [target] }] };
  const everySecond = { scrape_interval: '1s', evaluation_interval: '1s' };
  writeFileSync(config, JSON.stringify({ global: everySecond, rule_files: [rules], scrape_configs: [scrape] }));
  const child = spawn(
    prometheus ?? '',
    [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`, '--web.listen-address=127.0.0.1:0'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const gone = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const address = () => /msg="Listening on" address=(\S+)/.exec(said)?.[1];
  await expect.poll(address, PATIENCE).toBeDefined();
  const ask = async (path: string): Promise<unknown> => (await fetch(`http://${address()}/api/v1/${path}`)).json();
  return {
    firing: async () => {
      const { data } = alertsSchema.parse(await ask('alerts'));
      const firing = data.alerts.filter(({ state }) => state === 'firing');
      return Object.fromEntries(firing.map(({ labels, annotations }) => [labels.alertname, annotations.summary]));
    },
    count: async (expression) =>
      answerSchema.parse(await ask(`query?query=${encodeURIComponent(expression)}`)).data.result.length,
  };
}

/** Minutes become seconds. */
function alertsInAHurry(): unknown {
  const text = readFileSync(join(root, 'config/monitoring/alerts.yaml'), 'utf8');
  const hurried = text.replaceAll(/^( +for: \d+)m$/gm, '$1s').replaceAll(/> 900$/gm, '> 15');
  expect(hurried).not.toBe(text);
  return parse(hurried);
}
