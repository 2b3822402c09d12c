import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { byooCommand, emptyFolder, runChild, runOnTerminal, shellQuoted, spawnProgram } from '../run.ts'
import { callback, madeUpSecret, setStrava, startWorld } from '../world.ts'

const withoutFile = setStrava.filter((word) => word !== '--client-secret-file' && word !== '-')
const slow = { timeout: 30_000 }

describe('on a terminal', () => {
  test('login asks for the key, refuses what cannot be one, and shows nothing of it', slow, async () => {
    const folder = emptyFolder()
    const byoo = runOnTerminal(['login'], { env: { HOME: folder }, directory: folder })
    await byoo.sees("Management key, from Junction's dashboard (not shown)")
    byoo.type('mg_made-up-key \r')
    await byoo.sees('must not end with white space: see character 15')
    byoo.type('\u007f-0123456789\r')
    expect(await byoo.exited).toBe(0)
    expect(byoo.raw()).not.toContain('made-up')
    expect(byoo.screen()).toContain('mg_…6789')
    const stored = readFileSync(join(folder, '.config/byoo/credentials.json'), 'utf8')
    expect(JSON.parse(stored)).toEqual({ management_key: 'mg_made-up-key-0123456789' })
  })

  test.each([
    ['without --no-color', [], {}, true],
    ['with --no-color', ['--no-color'], {}, false],
    ['with NO_COLOR', [], { NO_COLOR: '1' }, false],
  ])('a prompt %s', slow, async (_title, flags, variables, coloured) => {
    const folder = emptyFolder()
    const env = { HOME: folder, ...variables }
    const byoo = runOnTerminal(['login', ...flags], { env, directory: folder })
    await byoo.sees('Management key')
    byoo.type('\u0003')
    expect(await byoo.exited).toBe(130)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what escape sequences begin with
    expect(/\u001b\[(?:3|4|9|10)\dm/.test(byoo.raw())).toBe(coloured)
  })

  test('Ctrl-C at a prompt ends with 130 and leaves nothing behind', slow, async () => {
    const folder = emptyFolder()
    const byoo = runOnTerminal(['login'], { env: { HOME: folder }, directory: folder })
    await byoo.sees('Management key')
    byoo.type('mg_half-a-key\u0003')
    expect(await byoo.exited).toBe(130)
    expect(byoo.screen()).toContain('byoo: interrupted: nothing was changed')
    expect(byoo.raw()).not.toContain('half-a-key')
    expect(existsSync(join(folder, '.config'))).toBe(false)
  })

  const production = ['--environment', 'production/us', '--skip-verify']
  const environment = ['--environment', 'sandbox/us']
  test.each<[string, string, readonly string[], string]>([
    ['login', 'Management key', ['login'], ''],
    ['the client id', 'Client id', ['set-credentials', 'strava', '--redirect-url', callback], ''],
    ['the client secret', 'Client secret', withoutFile, ''],
    ['half a secret', 'Client secret', withoutFile, 'made-'],
    ['the confirmation', 'Change strava', [...withoutFile, ...production], ''],
    ['a deletion', 'Type strava', ['credentials', 'delete', 'strava'], ''],
    ['the URL of init', 'Public URL', ['init', ...environment], ''],
  ])('Ctrl-D at a prompt ends with 130, too: %s', slow, async (title, question, argv, typed) => {
    const { here, simulator, env, folder } = await startWorld()
    if (title === 'a deletion') await here(setStrava, { stdin: madeUpSecret })
    const before = simulator.requests.filter(({ operation }) => operation === 'set').length
    const secret = title === 'the confirmation' ? { BYOO_CLIENT_SECRET: madeUpSecret } : undefined
    const byoo = runOnTerminal(argv, { env: { ...env, ...secret }, directory: folder })
    await byoo.sees(question)
    byoo.type(`${typed}\u0004`)
    expect(await byoo.exited).toBe(130)
    expect(byoo.screen()).toContain('byoo: interrupted: nothing was changed')
    const sent = simulator.requests.map(({ operation }) => operation)
    expect(sent.filter((operation) => operation === 'set')).toHaveLength(before)
    expect(sent).not.toContain('delete')
  })

  test(
    'set-credentials asks for the client id first, with what Junction holds as the default',
    slow,
    async () => {
      const { simulator, env, folder } = await startWorld()
      const url = 'https://oauth.example.com/oauth_callback/polar'
      const argv = ['set-credentials', 'polar', '--redirect-url', url]
      const first = runOnTerminal(argv, { env, directory: folder })
      await first.sees('Client id of your application at Polar')
      first.type('made-up-id\r')
      await first.sees('Client secret of the same application at Polar')
      first.type(`${madeUpSecret}\r`)
      await first.sees(/webhook_secret: \w.*Polar.* \(not shown\)/)
      first.type('made-up-webhook-secret\r')
      expect(await first.exited).toBe(0)
      expect(first.raw()).not.toContain(madeUpSecret)
      const again = runOnTerminal(argv, { env, directory: folder })
      await again.sees('made-up-id')
      again.type('\r')
      await again.sees('Client secret of the same application at Polar')
      again.type('made-up-and-new\r')
      expect(await again.exited).toBe(0)
      const sent = simulator.requests.filter(({ operation }) => operation === 'set')
      expect(sent.map(({ body }) => body)).toMatchObject([
        {
          client_id: 'made-up-id',
          client_secret: madeUpSecret,
          details: { webhook_secret: 'made-up-webhook-secret' },
        },
        { client_id: 'made-up-id', client_secret: 'made-up-and-new' },
      ])
    },
  )

  test('a secret that was typed is hidden where else it stands', slow, async () => {
    const { env, folder } = await startWorld()
    const argv = ['set-credentials', 'strava', '--redirect-url', callback, '--client-id', madeUpSecret]
    const byoo = runOnTerminal(argv, { env, directory: folder })
    await byoo.sees(/Client secret of the same application at \w.* \(not shown\)/)
    byoo.type(`${madeUpSecret}\r`)
    expect(await byoo.exited).toBe(0)
    expect(byoo.raw()).toContain('[redacted]')
    expect(byoo.raw()).not.toContain(madeUpSecret)
  })

  test('a secret is not read from a stdin that shows it', slow, async () => {
    const { simulator, env, folder } = await startWorld()
    const byoo = runOnTerminal(setStrava, { env, directory: folder })
    await byoo.sees('the client secret cannot be read from stdin, which is a terminal')
    expect(await byoo.exited).toBe(2)
    expect(simulator.requests.map(({ operation }) => operation)).not.toContain('set')
  })

  test('set-credentials asks for the details that a provider needs', slow, async () => {
    const { simulator, env, folder } = await startWorld()
    const url = 'https://oauth.example.com/oauth_callback/fitbit'
    const argv = ['set-credentials', 'fitbit', '--redirect-url', url, '--client-id', '12345']
    const byoo = runOnTerminal(argv, { env, directory: folder })
    await byoo.sees(/Client secret of the same application at Fitbit \(not shown\)/)
    byoo.type(`${madeUpSecret}\r`)
    for (const subscriber of ['workout', 'sleep', 'body']) {
      await byoo.sees(`your subscriber for ${subscriber}, from Fitbit's portal (not shown)`)
      byoo.type(`made-up-${subscriber}-token\r`)
    }
    expect(await byoo.exited).toBe(0)
    expect(byoo.raw()).not.toContain('made-up-sleep-token')
    expect(simulator.requests.find(({ operation }) => operation === 'set')?.body).toMatchObject({
      details: {
        fitbit: {
          workout_verify_token: 'made-up-workout-token',
          sleep_verify_token: 'made-up-sleep-token',
          body_verify_token: 'made-up-body-token',
        },
      },
    })
  })

  test(
    'details that are not secret are checked as they are typed; the redirect URI is not asked again',
    slow,
    async () => {
      const { simulator, env, folder } = await startWorld()
      const url = 'https://oauth.example.com/oauth_callback/google_fit'
      const argv = ['set-credentials', 'google_fit', '--redirect-url', url, '--client-id', '12345']
      const byoo = runOnTerminal(argv, { env, directory: folder })
      await byoo.sees(/Client secret of the same application at Google Fit \(not shown\)/)
      byoo.type(`${madeUpSecret}\r`)
      await byoo.sees('data_scopes, with commas between')
      byoo.type(',\r')
      await byoo.sees('must name at least one scope')
      byoo.type('\u0015one, two\r')
      expect(await byoo.exited).toBe(0)
      expect(simulator.requests.find(({ operation }) => operation === 'set')?.body).toMatchObject({
        details: { redirect_uri: url, data_scopes: ['one', 'two'] },
      })
    },
  )

  test('production asks on the terminal although the secret is piped in', slow, async () => {
    const { simulator, env, folder } = await startWorld()
    const argv = [...setStrava, '--environment', 'production/us', '--skip-verify', '--quiet']
    const no = runOnTerminal(argv, { env, directory: folder, stdin: madeUpSecret })
    await no.sees('Change strava in production/us now?')
    expect(no.screen()).toContain('  environment    production/us\n')
    no.type('\r')
    expect(await no.exited).toBe(130)
    expect(no.screen()).toContain('stopped: nothing was changed')
    expect(simulator.requests.map(({ operation }) => operation)).not.toContain('set')

    const yes = runOnTerminal(argv, { env, directory: folder, stdin: madeUpSecret })
    await yes.sees('Change strava in production/us now?')
    yes.type('y')
    expect(await yes.exited).toBe(0)
    expect(yes.raw()).not.toContain(madeUpSecret)
    expect(simulator.requests.map(({ operation }) => operation)).toContain('set')
  })

  test('delete wants the name typed', slow, async () => {
    const world = await startWorld()
    expect(await world.here(setStrava, { stdin: madeUpSecret })).toMatchObject({ code: 0 })
    const byoo = runOnTerminal(['credentials', 'delete', 'strava'], {
      env: world.env,
      directory: world.folder,
    })
    await byoo.sees('Type strava to delete it')
    byoo.type('stravo\r')
    await byoo.sees('Type strava, or press Ctrl-C.')
    byoo.type('\u007fa\r')
    expect(await byoo.exited).toBe(0)
    expect(byoo.screen()).toContain('Deleted the credentials of strava')
  })

  test('Ctrl-C during a write says that it may have happened', slow, async () => {
    const { simulator, env, folder } = await startWorld()
    simulator.set({ failures: [{ operation: 'set', type: 'silence', takesEffect: true }] })
    const secret = { BYOO_CLIENT_SECRET: madeUpSecret }
    const byoo = runOnTerminal(withoutFile, { env: { ...env, ...secret }, directory: folder })
    await simulator.arrival(3)
    await byoo.sees('Writing to Junction')
    byoo.type('\u0003')
    expect(await byoo.exited).toBe(130)
    expect(byoo.screen()).toContain('the change may have happened all the same: check with')
  })

  test('--no-input asks nothing', slow, async () => {
    const { env, folder } = await startWorld()
    const byoo = runOnTerminal([...withoutFile, '--no-input'], { env, directory: folder })
    expect(await byoo.exited).toBe(2)
    expect(byoo.screen()).toContain('use --client-secret-file <path>')
  })

  test('init asks for what it needs, and takes nothing that nobody said', slow, async () => {
    const folder = emptyFolder()
    const byoo = runOnTerminal(['init'], { env: { HOME: folder }, directory: folder })
    await byoo.sees('Public URL of the callbacks')
    byoo.type('\r')
    await byoo.sees('must be an absolute https URL')
    byoo.type('http://oauth.example.com/x\r')
    await byoo.sees('must use https')
    byoo.type('\u0015https://oauth.example.com\r')
    await byoo.sees(/With the path[\s\S]*https:\/\/oauth\.example\.com\/oauth_callback\/{provider}/)
    byoo.type('\r')
    await byoo.sees('Junction environment: production/us, ')
    byoo.type('\r')
    await byoo.sees('It must be one of')
    byoo.type('sandbox/us\r')
    await byoo.sees('Organisation id')
    byoo.type('\r')
    await byoo.sees('Team id')
    byoo.type('\r')
    expect(await byoo.exited).toBe(0)
    const yaml = readFileSync(join(folder, 'byoo.yaml'), 'utf8')
    expect(yaml).toContain(
      'url: https://oauth.example.com/oauth_callback/{provider}\n    environment: sandbox/us\n',
    )
  })

  test('init adds a route to a file that is there', slow, async () => {
    const folder = emptyFolder()
    const path = join(folder, 'byoo.yaml')
    const before =
      '# mine\nroutes:\n  - url: https://a.example.com/cb/{provider} # kept\n    environment: production/us\n'
    writeFileSync(path, before)
    const argv = ['init', '--url', 'https://b.example.com/cb/{provider}', '--environment', 'sandbox/eu']
    const no = runOnTerminal(argv, { env: { HOME: folder }, directory: folder })
    await no.sees('is there already: add a route to it?')
    no.type('\r')
    expect(await no.exited).toBe(130)
    expect(readFileSync(path, 'utf8')).toBe(before)
    const yes = runOnTerminal(argv, { env: { HOME: folder }, directory: folder })
    await yes.sees('add a route to it?')
    yes.type('y')
    expect(await yes.exited).toBe(0)
    expect(readFileSync(path, 'utf8')).toBe(
      `${before}  - url: https://b.example.com/cb/{provider}\n    environment: sandbox/eu\n`,
    )
  })

  test('a narrow one shows a table as blocks; NO_COLOR and --no-color leave out colours', slow, async () => {
    const world = await startWorld()
    expect(await world.here(setStrava, { stdin: madeUpSecret })).toMatchObject({ code: 0 })
    const list = ['credentials', 'list']
    const narrow = runOnTerminal(list, { env: world.env, directory: world.folder, columns: 60 })
    expect(await narrow.exited).toBe(0)
    expect(narrow.screen()).toContain('provider      strava\nwhere         sandbox/us\n')
    expect(narrow.raw()).toContain('\u001b[')
    const env = { ...world.env, NO_COLOR: '1' }
    const plain = runOnTerminal(list, { env, directory: world.folder })
    expect(await plain.exited).toBe(0)
    expect(plain.raw()).not.toContain('\u001b[')
    const option = runOnTerminal([...list, '--no-color'], { env: world.env, directory: world.folder })
    expect(await option.exited).toBe(0)
    expect(option.raw()).not.toContain('\u001b[')
  })
})

test('a stopped terminal keeps no command from ending', slow, async () => {
  const folder = emptyFolder()
  // Stopped, as by Ctrl-S, before anything is shown.
  const script = 'read _; "$0" "$1" demo & echo $! >pid; wait $!; echo $? >code'
  const run = runOnTerminal([], {
    env: { HOME: folder, TMPDIR: folder },
    directory: folder,
    program: ['sh', '-c', script, ...byooCommand],
  })
  run.type('\u0013go\r')
  const shows = () => readdirSync(folder).some((name) => name.startsWith('byoo-demo'))
  await vi.waitFor(() => expect(shows()).toBe(true), { timeout: 20_000 })
  process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 'SIGTERM')
  await vi.waitFor(() => expect(readFileSync(join(folder, 'code'), 'utf8')).toBe('0\n'), { timeout: 9000 })
})

test('a full stderr keeps no command from ending', slow, async () => {
  const folder = emptyFolder()
  // A pipe as it is from a shell: what is written to it when it is full would wait for ever.
  const script =
    'mkfifo pipe; exec 3<>pipe; dd if=/dev/zero of=pipe oflag=nonblock bs=4096 2>/dev/null; exec "$0" "$@" 2>pipe'
  const env = { HOME: folder, TMPDIR: folder }
  const demo = spawnProgram(['sh', '-c', script, ...byooCommand, 'demo'], { env, directory: folder })
  await demo.printed('leaves nothing behind.')
  demo.child.kill('SIGTERM')
  expect(await demo.exited).toBe(0)
})

test('a terminal that nobody has told its size is none too narrow', slow, async () => {
  const folder = emptyFolder()
  const demo = runOnTerminal(['demo'], {
    env: { HOME: folder, TMPDIR: folder },
    program: ['sh', '-c', 'stty cols 0; exec "$0" "$@"', ...byooCommand],
  })
  await demo.sees('leaves nothing behind.')
  demo.type('\u0003')
  expect(await demo.exited).toBe(0)
})

test('a run that stops before its end exits 1, and says so', slow, async () => {
  const preload = '--import=data:text/javascript,Promise.race=()=>new%20Promise(()=>{})'
  const { code, stderr } = await runChild(['providers'], { env: { NODE_OPTIONS: preload } })
  expect([code, stderr]).toEqual([1, expect.stringContaining('it stopped before its end')])
})

test('output into head ends quietly', slow, async () => {
  const byoo = byooCommand.map(shellQuoted).join(' ')
  const script = `{ ${byoo} providers --json; echo "exit $?" >&2; } | head -n 1`
  const { stdout, stderr } = await promisify(execFile)('/bin/sh', ['-c', script], {
    env: { PATH: process.env.PATH ?? '' },
  })
  expect([stdout, stderr]).toEqual(['{\n', 'exit 0\n'])
})
