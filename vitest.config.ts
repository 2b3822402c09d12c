import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: ['./test/build-once.ts', './test/security-claims.ts'],
    // One module graph for each worker: loading it for every file takes longer than the tests do.
    isolate: false,
    // Half of the time is spent waiting for children and sockets, so two cores are busy with three.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
