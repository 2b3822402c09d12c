import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * How long these command lines take as whole processes, in milliseconds, by hyperfine. Rounds are interleaved and the
 * quickest run counts: whatever else the machine does only adds to it.
 */
export function startTimes(commands: readonly string[], rounds: number): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'byoo-start-'))
  const results = join(folder, 'results.json')
  const options = ['-N', '--warmup', '2', '--runs', '15', '--export-json', results]
  // More certificate authorities would cost every start 30 ms, whatever is started.
  const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env
  const quickest = commands.map(() => Number.POSITIVE_INFINITY)
  try {
    for (let round = 0; round < rounds; round++) {
      execFileSync('hyperfine', [...options, ...commands], { env, stdio: 'ignore' })
      for (const [index, { min }] of JSON.parse(readFileSync(results, 'utf8')).results.entries()) {
        quickest[index] = Math.min(quickest[index] ?? Number.POSITIVE_INFINITY, min * 1000)
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  return quickest
}
