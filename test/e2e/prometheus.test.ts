import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { accountAt, database, emulated, folderOf, temporaryFolder, web } from '../cli/command.ts';
import { served } from '../cloudflare/server.ts';
import { expressions, fillVariables } from '../monitoring/dashboard.ts';
import { prometheus, promtool, runPromtool } from '../monitoring/promtool.ts';
import { root, start } from './program.ts';

const FULL = process.env['FULL'] === '1';
const POLLING = { timeout: 60_000, interval: 200 };

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
const querySchema = z.object({ status: z.literal('success'), data: z.object({ result: z.array(z.unknown()) }) });

type Prometheus = {
  /** Returns the summaries of the firing alerts, by name. */
  readonly firing: () => Promise<Readonly<Record<string, string>>>;
  /** Returns the number of series that match an expression. */
  readonly count: (expression: string) => Promise<number>;
};

const title = 'Prometheus scrapes a daemon, fills its dashboard, and fires and resolves its alerts';
test.runIf(FULL && prometheus !== undefined)(`${title} (with FULL=1 and Prometheus)`, async () => {
  const services = [web(), database()];
  const live = [web({ http_port: 1 }), database({ tcp_port: 1 })];
  const emulator = await emulated({ services: live });
  const folder = folderOf({ 'web.yaml': web(), 'db.yaml': database() });
  const receiver = await served((_, response) => response.end());
  const config = join(temporaryFolder(), 'config.yaml');
  writeFileSync(join(config, '..', 'secret'), `whsec_${randomBytes(24).toString('base64')}`);
  writeFileSync(config, `notifications: { hook: { type: webhook, url: "${receiver.url}", secret_file: secret } }`);
  const args = [
    'run',
    '--config',
    config,
    '--services',
    folder,
    '--interval',
    '1s',
    '--fresh-for',
    '5s',
    '--http-listen',
    '127.0.0.1:0',
  ];
  const program = start(args, { environment: accountAt(emulator.url) });
  const { url } = z.looseObject({ url: z.string() }).parse(await program.logged({ event: 'serving' }));
  await program.logged({ event: 'reconciliation_report', outcome: 'in_sync' });

  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  if (promtool !== undefined) expect(runPromtool(['check', 'metrics'], await response.text()).output).toBe('');

  const { firing, count } = await startPrometheus(new URL(url).host);
  await expect.poll(async () => count('vpc_reconciler_ready == 1'), POLLING).toBe(1);
  expect(await count('vpc_reconciler_updates_total{result="updated"} == 2')).toBe(1);
  expect(await count('vpc_reconciler_services{state="in_sync"} == 2')).toBe(1);
  expect(await count('vpc_reconciler_api_requests_total{method="PUT",status="200"} == 2')).toBe(1);

  // Rates exist after two scrapes. Expressions about restarts, overdue passes and pauses stay empty.
  await expect.poll(async () => count('rate(vpc_reconciler_passes_total[1m])'), POLLING).toBeGreaterThan(0);
  const empty: string[] = [];
  for (const expression of expressions) if ((await count(fillVariables(expression))) === 0) empty.push(expression);
  expect(empty.filter((each) => !/changes\(process_start|pass_due_since|next_pass|_paused/.test(each))).toEqual([]);
  expect(await firing()).toEqual({});

  await emulator.close();
  await expect.poll(firing, POLLING).toMatchObject({
    VpcReconcilerFailing: expect.stringMatching(/^Passes of vpc-reconciler at 127\.0\.0\.1:\d+ fail$/),
    VpcReconcilerStale: expect.stringMatching(/ has had no good pass for \d+\.?\d*s$/),
    VpcReconcilerNotReady: expect.any(String),
  });
  expect(await count('vpc_reconciler_services{state="in_sync"} == 2')).toBe(1);

  await emulated({ port: Number(new URL(emulator.url).port), services });
  await expect.poll(firing, POLLING).toEqual({});

  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0 });
  await expect.poll(firing, POLLING).toEqual({
    VpcReconcilerDown: expect.stringMatching(/^vpc-reconciler at 127\.0\.0\.1:\d+ does not respond$/),
  });
});

/** Starts a Prometheus that scrapes the target every second, with accelerated alerts. Stops it when the test ends. */
async function startPrometheus(target: string): Promise<Prometheus> {
  const folder = temporaryFolder();
  const [config, rules] = [join(folder, 'prometheus.json'), join(folder, 'alerts.json')];
  writeFileSync(rules, JSON.stringify(acceleratedAlerts()));
  const scrape = { job_name: 'vpc-reconciler', static_configs: [{ targets: [target] }] };
  const everySecond = { scrape_interval: '1s', evaluation_interval: '1s' };
  writeFileSync(config, JSON.stringify({ global: everySecond, rule_files: [rules], scrape_configs: [scrape] }));
  const child = spawn(
    prometheus ?? '',
    [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`, '--web.listen-address=127.0.0.1:0'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const address = () => /msg="Listening on" address=(\S+)/.exec(output)?.[1];
  await expect.poll(address, POLLING).toBeDefined();
  const query = async (path: string): Promise<unknown> => (await fetch(`http://${address()}/api/v1/${path}`)).json();
  return {
    firing: async () => {
      const { data } = alertsSchema.parse(await query('alerts'));
      const firing = data.alerts.filter(({ state }) => state === 'firing');
      return Object.fromEntries(firing.map(({ labels, annotations }) => [labels.alertname, annotations.summary]));
    },
    count: async (expression) =>
      querySchema.parse(await query(`query?query=${encodeURIComponent(expression)}`)).data.result.length,
  };
}

/** Returns the alerting rules with seconds instead of minutes. */
function acceleratedAlerts(): unknown {
  const text = readFileSync(join(root, 'config/monitoring/alerts.yaml'), 'utf8');
  const accelerated = text.replaceAll(/^( +for: \d+)m$/gm, '$1s').replaceAll(/> 900$/gm, '> 15');
  expect(accelerated).not.toBe(text);
  return parse(accelerated);
}
