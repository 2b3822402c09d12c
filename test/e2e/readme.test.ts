import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { ask, header } from '../raw-http.ts'

// Follows README.md's first commands as a stranger would, in a clean clone of what is committed.

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const folder = mkdtempSync(join(tmpdir(), 'byoo-readme-'))
const clone = join(folder, 'byoo')
let readme = ''

beforeAll(() => {
  execFileSync('git', ['clone', '--quiet', join(import.meta.dirname, '../..'), clone], { stdio: 'inherit' })
  readme = readFileSync(join(clone, 'README.md'), 'utf8')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The line of README.md's blocks that begins like this, word for word. */
function line(start: string): string {
  const blocks = [...readme.matchAll(/^```(?:sh|console)\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)
  const found = blocks
    .join('')
    .split('\n')
    .find((candidate) => candidate.startsWith(start))
  if (!found) throw new Error(`README.md has no command that begins with ${start}`)
  return found
}

/** The environment of these tests without what a stranger's shell does not have. */
function strangersEnvironment(): Record<string, string | undefined> {
  const own = /^(BYOO_|JUNCTION_|VITEST|NODE_ENV$|TEST$|npm_(package|lifecycle)_|npm_config_local_prefix$)/
  const kept = Object.entries(process.env).filter(([name]) => !own.test(name))
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((entry) => !entry.endsWith('node_modules/.bin'))
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter), XDG_CONFIG_HOME: folder }
}

/** Starts a command line in a shell of its own, as a terminal would: Ctrl-C reaches all of its processes. */
function start(command: string) {
  const child = spawn('sh', ['-c', command], {
    cwd: clone,
    env: strangersEnvironment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  let running = true
  const exited = once(child, 'close').then(([code, signal]) => {
    running = false
    return code ?? signal
  })
  const send = (signal: NodeJS.Signals) => {
    if (running && child.pid !== undefined) process.kill(-child.pid, signal)
  }
  onTestFinished(async () => {
    send('SIGKILL')
    await exited
  })
  /** Waits until stdout has this. */
  const shows = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(stripVTControlCharacters(stdout))
      if (found) return found
      const ended = exited.then((code) => {
        throw new Error(`${command} ended with ${code}\n${stdout}${stderr}`)
      })
      await Promise.race([once(child.stdout, 'data'), ended])
    }
  }
  const interrupt = () => {
    send('SIGINT')
    return exited
  }
  return { shows, interrupt }
}

test('npm start forwards, from a clean clone', async () => {
  // A port of its own: 8080 may be taken where this runs.
  const forwarder = start(`${line('npm ci && npm start')} -- --port 0`)
  const [, port = ''] = await forwarder.shows(/"address":"http:\/\/127\.0\.0\.1:(\d+)/)
  const answer = await ask(
    Number(port),
    'GET /oauth_callback/strava?code=a%2Fb+c&state=x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
  )
  expect(answer.status).toBe(307)
  expect(header(answer, 'location')).toBe(
    'https://api.sandbox.us.junction.com/v2/link/connect/strava?code=a%2Fb+c&state=x',
  )
  await forwarder.interrupt()
})

test('the demo starts and answers', async () => {
  const demo = start(line('npm ci && npx tsx bin/byoo.ts demo'))
  const [, url = ''] = await demo.shows(/^ {2}(http:\/\/127\.0\.0\.1:\d+)$/m)
  expect((await fetch(url)).status).toBe(200)
  await demo.interrupt()
})

test('every script that README.md names is in package.json', () => {
  const { scripts } = JSON.parse(readFileSync(join(clone, 'package.json'), 'utf8'))
  const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name)
  expect(named.filter((name) => !(name in scripts))).toEqual([])
})
