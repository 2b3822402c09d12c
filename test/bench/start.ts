import { join } from 'node:path'
import { startTimes } from './start-times.ts'

// How long the shortest commands take as whole processes, side by side with an empty one. Needs hyperfine and dist/.

const byoo = `'${process.execPath}' '${join(import.meta.dirname, '../../dist/byoo.js')}'`

/** Most times as long as `node -e 0`. */
const limits = { '--version': 1.4, '--help': 1.5, 'providers --json': 1.7 } as const

const rounds = 8
const commands = [`'${process.execPath}' -e 0`, ...Object.keys(limits).map((argv) => `${byoo} ${argv}`)]
const [empty = 0, ...measured] = startTimes(commands, rounds)
console.log(`Node ${process.version}, the quickest run of ${rounds} rounds`)
console.log(`node -e 0               ${empty.toFixed(1)} ms`)
for (const [index, [argv, limit]] of Object.entries(limits).entries()) {
  const time = measured[index] ?? 0
  const ratio = time / empty
  const verdict = ratio <= limit ? 'ok' : `over ${limit}`
  console.log(`byoo ${argv.padEnd(18)} ${time.toFixed(1)} ms  ${ratio.toFixed(2)} x  ${verdict}`)
  if (ratio > limit) process.exitCode = 1
}
