/*
 * The obvious script with the official SDK: list, compare, PUT each difference, ten at a time.
 * node sdk-script.js FOLDER
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Cloudflare from 'cloudflare';
import { parse } from 'yaml';

const [folder = 'services'] = process.argv.slice(2);
const account_id = process.env['CLOUDFLARE_ACCOUNT_ID'];
const client = new Cloudflare();
const { services } = client.connectivity.directory;

const READ_ONLY = new Set(['service_id', 'created_at', 'updated_at']);

/** Without what means nothing, and in one order and spelling. */
function plain(value, key = '') {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((each) => plain(each));
  if (typeof value === 'string') return key === 'name' ? value : normalizeAddress(value.toLowerCase());
  if (value === null || typeof value !== 'object') return value ?? undefined;
  const entries = Object.entries(value)
    .filter(([name]) => !READ_ONLY.has(name))
    .map(([name, each]) => [name, plain(each, name)])
    .filter(([name, each]) => each !== undefined && !(name === 'tls_settings' && isDefault(each)));
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
const normalizeAddress = (text) =>
  /^[\da-f]*:[\da-f:]*$/.test(text) ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : text;
const isDefault = (tls) => Object.keys(tls).length === 1 && tls.cert_verification_mode === 'verify_full';

const declared = readdirSync(folder).map((name) => parse(readFileSync(join(folder, name), 'utf8')));
const live = new Map();
for await (const service of services.list({ account_id, per_page: 1000 })) live.set(service.service_id, service);
const differing = declared.filter((service) => {
  const found = live.get(service.service_id);
  return found !== undefined && JSON.stringify(plain(found)) !== JSON.stringify(plain(service));
});
await Promise.all(
  Array.from({ length: 10 }, async () => {
    for (let next = differing.pop(); next !== undefined; next = differing.pop()) {
      await services.update(next.service_id, { account_id, ...plain(next) });
    }
  }),
);
