import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runChild, runOnTerminal } from '../run.ts'
import { madeUpSecret, setStrava, startWorld } from '../world.ts'

describe('a byoo.yaml from a stranger', () => {
  const withReference = async (reference: string) => {
    const world = await startWorld()
    const folder = join(world.folder, 'repository')
    mkdirSync(folder)
    const outside = join(world.folder, 'vault-token')
    writeFileSync(outside, madeUpSecret)
    symlinkSync(outside, join(folder, 'link'))
    writeFileSync(join(folder, 'inside'), madeUpSecret)
    writeFileSync(
      join(folder, 'byoo.yaml'),
      `routes: [{ url: "https://oauth.example.com/oauth_callback/{provider}", environment: sandbox/us }]
credentials: [{ provider: strava, environments: [sandbox/us], client_id: "1", client_secret: ${reference} }]
`,
    )
    const env = { ...world.env, MADE_UP: madeUpSecret }
    return {
      ...world,
      run: (...more: string[]) =>
        world.here(['set-credentials', 'strava', ...more], { env, directory: folder }),
      env,
      folder,
    }
  }

  test.each([
    ['a variable', '{ env: MADE_UP }', 'client_secret comes from the variable MADE_UP'],
    ['a file elsewhere', '{ file: ../vault-token }', 'client_secret comes from ../vault-token, outside'],
    ['a link that leads elsewhere', '{ file: link }', 'client_secret comes from link, outside'],
  ])('sends nothing of %s unless that is confirmed', async (_, reference, named) => {
    const { run, simulator } = await withReference(reference)
    const { code, stderr } = await run()
    expect([code, stderr]).toEqual([2, expect.stringContaining(named)])
    expect(stderr).toContain('add --yes')
    expect(simulator.requests).toEqual([])
    const sure = await run('--yes')
    expect(sure).toMatchObject({ code: 0, stderr: expect.stringContaining(named) })
  })

  test('names it in the plan, and asks once', async () => {
    const { folder, simulator, env } = await withReference('{ env: MADE_UP }')
    const byoo = runOnTerminal(['set-credentials', 'strava'], { env, directory: folder })
    await byoo.sees('Change strava in sandbox/us now?')
    expect(byoo.screen()).toContain('This will change Junction:')
    expect(byoo.screen()).toContain('client_secret comes from the variable MADE_UP')
    expect(simulator.requests.map(({ operation }) => operation)).not.toContain('set')
    byoo.type('y')
    expect(await byoo.exited).toBe(0)
  })

  test('may refer to a file beside it', async () => {
    const { run } = await withReference('{ file: inside }')
    expect(await run()).toMatchObject({ code: 0 })
  })

  test('cannot make byoo wait, or read without an end', async () => {
    for (const path of ['/dev/zero', 'fifo']) {
      const { run, folder } = await withReference(`{ file: ${path} }`)
      execFileSync('mkfifo', [join(folder, 'fifo')])
      const { code, stderr } = await run('--yes')
      expect([code, stderr]).toEqual([2, expect.stringContaining('is not a file')])
    }
  })
})

describe('a path of the command line', () => {
  const from = (path: string) => [...setStrava.slice(0, -1), path]

  test('may be a pipe', async () => {
    const world = await startWorld()
    const fifo = join(world.folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    const [outcome] = await Promise.all([
      runChild(from(fifo), { env: world.env, directory: world.folder }),
      writeFile(fifo, `${madeUpSecret}\n`),
    ])
    expect(outcome).toMatchObject({ code: 0 })
  })

  test('that nobody writes to can be interrupted', async () => {
    const world = await startWorld()
    const fifo = join(world.folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    const interruptAfter = world.simulator.arrival(2)
    const outcome = await runChild(from(fifo), { env: world.env, directory: world.folder, interruptAfter })
    expect(outcome).toMatchObject({ code: 130 })
  })

  test.each([
    ['a device', '/dev/zero', 'is not a file'],
    ['a large file', process.execPath, 'is longer than 64 KiB: it is the wrong file'],
  ])('is read within a bound: %s', async (_, path, message) => {
    const world = await startWorld()
    const { code, stderr } = await world.here(from(path))
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  })
})

test.each([
  [0o644, true],
  [0o600, false],
])('a secret file with mode %o warns: %s', async (mode, warns) => {
  const world = await startWorld()
  writeFileSync(join(world.folder, "it's"), madeUpSecret, { mode })
  const { stderr } = await world.here([...setStrava.slice(0, -1), "it's"])
  expect(stderr.includes("others on this machine can read it's. Run: chmod 600 'it'\\''s'\n")).toBe(warns)
})

test('stdin is read within a bound', async () => {
  const world = await startWorld()
  const outcome = await world.here(setStrava, { stdin: 'x'.repeat(70_000) })
  expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining('is longer than 64 KiB') })
})

describe('a secret that looks like more than the secret', () => {
  test.each([
    ['STRAVA_SECRET=made-up-0123456789', 'looks like a whole NAME=value line'],
    ['"made-up-0123456789"', 'stands in quotes'],
  ])('is asked about: %s', async (secret, doubt) => {
    const world = await startWorld()
    const { code, stderr } = await world.here(setStrava, { stdin: secret })
    expect([code, stderr]).toEqual([2, expect.stringContaining(`the client secret ${doubt}`)])
    expect(stderr).not.toContain('made-up')
    expect(world.simulator.requests.map(({ operation }) => operation)).not.toContain('set')
    expect(await world.here([...setStrava, '--yes'], { stdin: secret })).toMatchObject({ code: 0 })
    expect(world.simulator.requests.find(({ operation }) => operation === 'set')?.body).toMatchObject({
      client_secret: secret,
    })
  })

  test.each(['A=', 'A==', 'abc=def', '"made-up'])('is not %s', async (secret) => {
    const world = await startWorld()
    expect(await world.here(setStrava, { stdin: secret })).toMatchObject({ code: 0 })
  })
})
