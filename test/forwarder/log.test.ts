import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Log, openLog } from '../../src/forwarder/log.ts'

function openFile(level: 'silent' | 'warn' | 'info', readable: boolean): Log & { lines(): string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'byoo-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'log')
  const log = openLog({ level, fd: openSync(file, 'w'), readable })
  return { ...log, lines: () => readFileSync(file, 'utf8').split('\n').slice(0, -1) }
}

const entry = { route: '/cb/{provider}', provider: 'strava', method: 'GET', status: 307, durationMs: 0.12345 }

test('readable text for a terminal', async () => {
  const log = openFile('info', true)
  log.event('info', 'listening', { address: 'http://127.0.0.1:8080', routes: ['a -> b', 'c -> d'] })
  log.event('error', 'not reloaded', { reason: 'x' })
  log.access(entry, 'info')
  log.access({ ...entry, provider: undefined, method: undefined, status: 421, hint: 'do this' }, 'warn')
  await log.close()
  expect(log.lines().map((line) => line.replace(/^\d\d:\d\d:\d\d/, '12:34:56'))).toEqual([
    'listening',
    '  address: http://127.0.0.1:8080',
    '  a -> b',
    '  c -> d',
    'error: not reloaded',
    '  reason: x',
    '12:34:56  307  GET  /cb/{provider}  strava  0.123 ms',
    '12:34:56  421  -  /cb/{provider}  0.123 ms  do this',
  ])
})

test('JSON lines, whatever a configured name contains', async () => {
  const log = openFile('info', false)
  log.access({ ...entry, route: 'a"\n\u2028{}', hint: 'h"' }, 'warn')
  log.event('info', 'm"\n', { f: '"\n' })
  await log.close()
  expect(log.lines().map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ level: 'warn', route: 'a"\n\u2028{}', hint: 'h"', duration_ms: 0.123 }),
    expect.objectContaining({ level: 'info', message: 'm"\n', f: '"\n' }),
  ])
})

test('lines of any length and more than are collected, whole and in their order', async () => {
  const log = openFile('info', false)
  const lengths = Array.from({ length: 60 }, (_, index) => [1, 9000, 20_000, 21_845, 70_000][index % 5] ?? 0)
  for (const length of lengths) log.access({ ...entry, route: '\u2603'.repeat(length) }, 'info')
  log.event('info', 'stopped')
  await log.close()
  const lines = log.lines().map((line) => JSON.parse(line))
  expect(lines.slice(0, -1).map(({ route }) => route.length)).toEqual(lengths)
  expect(lines.at(-1)).toMatchObject({ message: 'stopped' })
})

test('levels', async () => {
  for (const [level, count] of [
    ['silent', 0],
    ['warn', 2],
    ['info', 3],
  ] as const) {
    const log = openFile(level, false)
    log.access(entry, 'debug')
    log.access(entry, 'info')
    log.access(entry, 'warn')
    log.event('error', 'e')
    await log.close()
    expect(log.lines()).toHaveLength(count)
  }
})

test('a crash loses nothing', () => {
  const log = openFile('info', false)
  for (let count = 0; count < 100; count += 1) log.access(entry, 'info')
  log.flush()
  expect(log.lines()).toHaveLength(100)
})
