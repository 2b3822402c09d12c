import { expect, test } from 'vitest'
import type { Context } from '../../src/cli/context.ts'
import { startedAs } from '../../src/cli/started-as.ts'

test.each<[script: string | undefined, npmCommand: string | undefined, command: string]>([
  ['/project/bin/byoo.ts', 'exec', 'npx tsx bin/byoo.ts'],
  ['/project/node_modules/.bin/byoo', 'exec', 'npx byoo'],
  ['/project/node_modules/byoo/dist/byoo.js', 'exec', 'npx byoo'],
  ['/project/dist/byoo.js', undefined, 'node dist/byoo.js'],
  ['/elsewhere/$(x)/byoo.js', undefined, "node '/elsewhere/$(x)/byoo.js'"],
  ['/usr/bin/byoo', undefined, 'byoo'],
  [undefined, undefined, 'byoo'],
])('started as %s, npm %s, it is started again as: %s', (script, npm_command, command) => {
  const context: Partial<Context> = { script, env: { npm_command }, directory: '/project' }
  expect(startedAs(context as Context)).toBe(command)
})
