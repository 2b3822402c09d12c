import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { showDoctorProgress } from '../../../src/cli/doctor/doctor-progress.ts'
import type { Session } from '../../../src/cli/session.ts'
import type { Task } from '../../../src/doctor/doctor.ts'
import { fail, noSubject, type Subject } from '../../../src/doctor/findings.ts'
import { createStyle } from '../../../src/output/style.ts'

describe('the list on a terminal', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function show(changes: object = {}) {
    let written = ''
    const stderr = new Writable({
      write: (chunk, _, done) => {
        written += chunk
        done()
      },
    })
    const context = { stderr, stderrIsTerminal: true, columns: 40, ...changes }
    const output = { quiet: false, verbose: false }
    const session = { context, output, errorStyle: createStyle(false, undefined) } as unknown as Session
    const progress = showDoctorProgress(session)
    const picture = () => {
      written = ''
      vi.advanceTimersByTime(100)
      return (written.split('\u001b[J').at(-1) ?? '').split('\n').slice(0, -1)
    }
    return { progress, picture, written: () => written }
  }
  const at = (provider: string): Subject => ({ ...noSubject, environment: 'sandbox/us', provider })
  const task = (provider: string, check: Task['check'], state: Task['state']): Task => ({
    subject: at(provider),
    check,
    state,
  })

  test('shows how far each provider is, and never wraps', () => {
    const { progress, picture } = show()
    progress.onTask?.(task('strava', 'verify', 'waiting'))
    progress.onTask?.(task('strava', 'credentials', 'done'))
    progress.onTask?.(task('my_fitness_pal_v2', 'verify', 'running'))
    expect(picture()).toEqual(['  \\ 1/2  sandbox/us strava', '  \\ 0/1  sandbox/us my_fitness_pal_v2: '])
    progress.onTask?.(task('strava', 'verify', 'done'))
    progress.onFinding?.(fail('override-missing', at('my_fitness_pal_v2'), '', { command: '' }))
    progress.onTask?.(task('my_fitness_pal_v2', 'verify', 'done'))
    expect(picture()).toEqual(['  ok     sandbox/us strava', '  FAILED sandbox/us my_fitness_pal_v2'])
  })

  test('fits into a small terminal: what is done and well goes first', () => {
    const { progress, picture } = show()
    for (let number = 0; number < 40; number += 1) {
      progress.onTask?.(task(`provider_${number}`, 'verify', number < 38 ? 'done' : 'running'))
    }
    const lines = picture()
    expect(lines).toHaveLength(16)
    expect(lines.slice(-3)).toEqual([
      '  \\ 0/1  sandbox/us provider_38: verify',
      '  \\ 0/1  sandbox/us provider_39: verify',
      '         and 25 more',
    ])
  })

  test('goes away for a warning, and in the end', () => {
    const { progress, picture, written } = show()
    progress.onTask?.(task('strava', 'verify', 'running'))
    picture()
    const said: string[] = []
    progress.aside(() => said.push(written()))
    expect(said[0]?.endsWith('\u001b[1A\r\u001b[J')).toBe(true)
    picture()
    progress.close()
    expect(written().endsWith('\u001b[1A\r\u001b[J')).toBe(true)
    expect(picture()).toEqual([])
  })

  test.each([{ stderrIsTerminal: false }, { columns: undefined }])('is not shown with %j', (changes) => {
    const { progress, picture } = show(changes)
    progress.onTask?.(task('strava', 'verify', 'running'))
    expect(picture()).toEqual([])
    progress.close()
  })
})
