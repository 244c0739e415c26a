import { defineConfig } from 'vitest/config';

/** Only these unit tests must find the mutants of `stryker.config.json`. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: [
      'test/core/{compare,plan}/**/*.test.ts',
      'test/pass/{account-view,apply,create-service,current-declarations,own-writes,shared-list,snapshot-check,write-guard,written-service}.test.ts',
    ],
    // It takes longer than all other tests together.
    exclude: ['test/core/plan/long-chain.test.ts'],
    // One worker for all files, because each mutant runs many of them.
    isolate: false,
  },
});
