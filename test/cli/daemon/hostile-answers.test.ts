import { expect, test } from 'vitest';
import { isObject, parseJson } from '../../../src/core/base/json.ts';
import type { Json } from '../../../src/core/base/json.ts';
import { start } from '../../e2e/program.ts';
import { servedBy } from '../../e2e/serving.ts';
import { accountAt, command, database, emulated, folderOf, web } from '../command.ts';
import { answering } from './answering.ts';

/* Another program, or a daemon whose account other people write to, can put any text into an answer of the right form. */

const HOSTILE = '\u001B[31m\n::error::x \u202e ##[error]y';
const OTHER = '0191e3a4-5b6c-7d8e-9f00-112233445588';
const REVISION = '0123456789012345678901234567890123456789';

/** The answers of a real daemon: one service in each kind of state. */
async function realAnswers(): Promise<Readonly<Record<string, string>>> {
  const live = [web({ http_port: 81, extra: { deep: 1 } }), database(), web({ service_id: OTHER, name: 'other' })];
  const emulator = await emulated({ services: live, scenario: { share: 1, faults: [400], methods: ['PUT'] } });
  const folder = folderOf({
    'web.yaml': web({ reconcile: { ignore: ['host.ipv4'] }, host: { ...Object(web()['host']), ipv4: '10.0.0.9' } }),
    'db.yaml': database({ tcp_port: 1 }),
    'bad.yaml': 'name: 1',
  });
  const program = start(['run', '--services', folder], { environment: accountAt(emulator.url) });
  const daemon = await servedBy(program);
  await program.logged({ event: 'reconciliation_report' });
  const paths = ['/healthz', '/api/report', '/api/service', '/api/passes'];
  const answers = await Promise.all(
    paths.map(async (path) => [path, await daemon.text(path === '/api/service' ? `${path}?name=web` : path)]),
  );
  const known: Record<string, string> = Object.fromEntries(answers);
  return {
    ...known,
    '/api/passes': (known['/api/passes'] ?? '').replace('"revision":null', `"revision":"${REVISION}"`),
  };
}

/** Returns copies of a value, each with one text or key that is hostile. */
function* mutationsOf(value: Json): Generator<Json> {
  if (typeof value === 'string' || value === null) yield `${value ?? ''}${HOSTILE}`;
  else if (Array.isArray(value)) {
    for (const [index, item] of value.slice(0, 3).entries()) {
      for (const changed of mutationsOf(item)) yield value.with(index, changed);
    }
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      for (const changed of mutationsOf(item)) yield { ...value, [key]: changed };
      const { [key]: _, ...others } = value;
      yield { ...others, [key + HOSTILE]: item };
      yield { ...value, [HOSTILE]: item };
    }
  }
}

test(
  'no text in an answer can control the terminal or a workflow, or cause a stack trace',
  { timeout: 120_000 },
  async () => {
    const real = await realAnswers();
    let answers = real;
    const base = await answering(({ url = '' }, response) => {
      response.end(answers[url.replace(/\?.*/, '')] ?? '{}');
    });
    const url = ['--url', base];
    const wait = ['wait', '--revision', REVISION, '--timeout', '0'];
    const commands: readonly (readonly [string, readonly string[]])[] = [
      ['/healthz', ['status']],
      ['/api/report', ['status']],
      ['/api/report', wait],
      ['/api/passes', wait],
      ['/api/service', ['get', 'web']],
    ];
    let printed = 0;
    for (const [path, line] of commands) {
      for (const [index, changed] of [...mutationsOf(parseJson(real[path] ?? ''))].entries()) {
        answers = { ...real, [path]: JSON.stringify(changed) };
        // Every text in JSON is escaped in the same way.
        for (const format of index % 8 === 0 ? ['text', 'json'] : ['text']) {
          const { stdout, stderr } = await command([...line, ...url, '--output', format]);
          expect(stdout + stderr).not.toContain('\u001B');
          expect(stdout + stderr).not.toMatch(/\u202e|##\[|^\s*::error|internal error/m);
          if (stdout.includes('31m')) printed += 1;
        }
      }
    }
    // Most texts have no form to check, so they are shown.
    expect(printed).toBeGreaterThan(100);
  },
);
