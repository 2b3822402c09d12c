import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// How long the shortest commands take as whole processes, side by side with an empty one. Needs hyperfine and dist/.

const repository = join(import.meta.dirname, '../..')
const byoo = `'${process.execPath}' '${join(repository, 'dist/byoo.js')}'`

/** Most times as long as `node -e 0`. */
const limits = { '--version': 1.4, '--help': 1.5, 'providers --json': 1.7 } as const

const rounds = 8

const folder = mkdtempSync(join(tmpdir(), 'byoo-bench-'))
try {
  const results = join(folder, 'results.json')
  const commands = [`'${process.execPath}' -e 0`, ...Object.keys(limits).map((argv) => `${byoo} ${argv}`)]
  // More certificate authorities would cost every start 30 ms, whatever is started.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
  const medians = commands.map(() => Number.POSITIVE_INFINITY)
  // Rounds are interleaved and the quietest one counts, so that a busy moment of the machine does not.
  for (let round = 0; round < rounds; round++) {
    execFileSync(
      'hyperfine',
      ['-N', '--warmup', '2', '--runs', '15', '--export-json', results, ...commands],
      {
        env,
        stdio: 'ignore',
      },
    )
    for (const [index, { median }] of JSON.parse(readFileSync(results, 'utf8')).results.entries()) {
      medians[index] = Math.min(medians[index] ?? median, median)
    }
  }
  const [empty = 0, ...measured] = medians
  console.log(`Node ${process.version}, least median of ${rounds} rounds`)
  console.log(`node -e 0               ${(empty * 1000).toFixed(1)} ms`)
  for (const [index, [argv, limit]] of Object.entries(limits).entries()) {
    const ratio = (measured[index] ?? 0) / empty
    const verdict = ratio <= limit ? 'ok' : `over ${limit}`
    const time = `${((measured[index] ?? 0) * 1000).toFixed(1)} ms`
    console.log(`byoo ${argv.padEnd(18)} ${time}  ${ratio.toFixed(2)} x  ${verdict}`)
    if (ratio > limit) process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true })
}
