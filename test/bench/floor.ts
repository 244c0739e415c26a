import http from 'node:http';
import { Agent, request } from 'undici';
import type { Arrived, LiveAccount } from './accounts.ts';
import type { Material } from './material.ts';

/*
 * The floor: only the requests that cannot be avoided, over open connections, and JSON.parse of the answers.
 */

/** Sends one request and returns the parsed answer. */
type Send = (method: Arrived['method'], url: string, body?: string) => Promise<unknown>;

export type Floor = { readonly run: () => Promise<void>; readonly close: () => Promise<void> };

export function undiciFloor(account: LiveAccount, material: Material, concurrency: number): Floor {
  const dispatcher = new Agent({ connections: concurrency });
  const headers = headersFor(account);
  const send: Send = async (method, url, body) => {
    const answer = await request(url, { dispatcher, method, headers, body: body ?? null });
    return JSON.parse(await answer.body.text());
  };
  return {
    run: async () => unavoidable(send, account, material, concurrency),
    close: async () => dispatcher.destroy(),
  };
}

export function nodeHttpFloor(account: LiveAccount, material: Material, concurrency: number): Floor {
  const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency });
  const headers = headersFor(account);
  const send: Send = (method, url, body) =>
    new Promise((resolve, reject) => {
      const sent = http.request(url, { agent, method, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => void chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString('utf8'))));
      });
      sent.on('error', (error) => {
        // The server can close an idle connection at the moment it is used: https://nodejs.org/api/http.html#requestreusedsocket
        if (sent.reusedSocket) resolve(send(method, url, body));
        else reject(error);
      });
      sent.end(body);
    });
  return {
    run: async () => unavoidable(send, account, material, concurrency),
    close: async () => agent.destroy(),
  };
}

async function unavoidable(send: Send, account: LiveAccount, { bodies }: Material, concurrency: number): Promise<void> {
  const services = `${account.url}/accounts/${account.accountId}/connectivity/directory/services`;
  await send('GET', `${services}?page=1&per_page=1000`);
  const left = [...bodies].toReversed();
  const work = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop())
      await send('PUT', `${services}/${next[0]}`, next[1]);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

function headersFor({ token }: LiveAccount) {
  return { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
}
