import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** Runs the slowest file last, because the first test that fails ends the run of a mutant. */
class SlowestLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter((file) => !isSlow(file)), ...sorted.filter(isSlow)];
  }
}

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
    sequence: { sequencer: SlowestLast },
  },
});

function isSlow({ moduleId }: TestSpecification): boolean {
  return moduleId.endsWith('/contest.test.ts');
}
