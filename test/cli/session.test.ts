import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import type { Context } from '../../src/cli/context.ts'
import { createSecretMask } from '../../src/cli/secret-mask.ts'
import { openSession } from '../../src/cli/session.ts'

test.each(['show', 'warn', 'notice', 'present'] as const)('%s takes the status line away', (way) => {
  let screen = ''
  const stream = new Writable({
    write: (chunk, _, done) => {
      screen += chunk
      done()
    },
  })
  const context = { stdout: stream, stderr: stream, stderrIsTerminal: true, onSignal: () => {} }
  const colour = { stdout: false, stderr: false }
  const output = { json: false, quiet: false, verbose: false, input: true, colour }
  const session = openSession([], output, context as unknown as Context, createSecretMask())
  session.status('1 of 2')
  session[way]('said')
  session.eraseStatus()
  expect(screen).toMatch(/^\r\S+1 of 2\r\S+said\n?$|^\r\S+1 of 2\r\S+warning: said\n$/)
})
