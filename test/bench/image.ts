import { readFileSync } from 'node:fs';

const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');

/** How the Dockerfile starts the program: its Node flags, and the memory settings of its environment. */
export const image = {
  flags: [...(/^ENTRYPOINT .*$/m.exec(dockerfile)?.[0].matchAll(/--[\w-]+=\d+/g) ?? [])].map(([flag]) => flag),
  environment: Object.fromEntries(
    [...dockerfile.matchAll(/\b(MALLOC_\w+)=(\d+)/g)].map(([, name, value]) => [name, value]),
  ),
};
