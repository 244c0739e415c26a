import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    // Stops tests that hang, but not tests that are slow on a busy machine.
    testTimeout: process.env['FULL'] === '1' ? 900_000 : 60_000,
    hookTimeout: 60_000,
    // The default leaves one core idle, which is half of a machine with two. Most tests spend their time waiting.
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reportsDirectory: 'coverage',
      reporter: ['text-summary', 'lcov'],
      thresholds: { 'src/core/**': { branches: 100, functions: 100, lines: 100, statements: 100 } },
    },
  },
});
