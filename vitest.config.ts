import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: ['./test/build-once.ts', './test/security-claims.ts'],
    // One module graph for each of two workers: loading it for every file takes longer than the tests do.
    isolate: false,
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
