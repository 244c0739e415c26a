import { readFileSync } from 'node:fs';

const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');

/** How the Dockerfile starts the program: its flags of Node, and what its environment says of memory. */
export const image = {
  flags: [...(/^ENTRYPOINT .*$/m.exec(dockerfile)?.[0].matchAll(/--[\w-]+=\d+/g) ?? [])].map(([flag]) => flag),
  environment: Object.fromEntries(
    [...dockerfile.matchAll(/\b(MALLOC_\w+)=(\d+)/g)].map(([, name, value]) => [name, value]),
  ),
};
