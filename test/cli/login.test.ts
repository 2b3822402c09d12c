import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { junctionEnvironments } from '../../src/junction/environments.ts'
import { emptyFolder, runChild, runHere } from '../run.ts'
import { startWorld } from '../world.ts'
import { readShape } from './shapes.ts'

const key = 'mg_made-up-key-0123456789'
const org = '11111111-1111-4111-8111-111111111111'
const team = '22222222-2222-4222-8222-222222222222'

describe('login', () => {
  test.each([
    ['file', ['--with-file', 'key'], ''],
    ['stdin', ['--with-file', '-'], `${key}\n`],
  ])('keeps the key from %s for its owner alone', async (_, argv, stdin) => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 'key'), `${key}\r\n`)
    chmodSync(join(folder, 'key'), 0o600)
    const env = { XDG_CONFIG_HOME: join(folder, 'config') }
    const outcome = await runHere(['login', ...argv, '--team', team, '--json'], {
      env,
      directory: folder,
      stdin,
    })
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    expect(outcome.stdout).not.toContain(key)
    const { path } = readShape('login', outcome.stdout)
    expect(path).toBe(join(folder, 'config/byoo/credentials.json'))
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ management_key: key, team })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
  })

  test('replaces an older login and narrows a folder that was open', async () => {
    const folder = emptyFolder()
    mkdirSync(join(folder, '.config/byoo'), { recursive: true, mode: 0o755 })
    const path = join(folder, '.config/byoo/credentials.json')
    writeFileSync(path, 'old', { mode: 0o644 })
    const env = { HOME: folder }
    expect(await runHere(['login', '--with-file', '-'], { env, stdin: key })).toMatchObject({ code: 0 })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, '.config/byoo')).mode & 0o777).toBe(0o700)
  })

  test.each([
    [`${key}\n\n`, 2, 'must not end with white space: see character 26'],
    [` ${key}`, 2, 'must not start with white space: see character 1'],
    [`mg_made-up\nkey`, 2, 'must not contain a line break: see character 11'],
    [`mg_made-up\u0007key`, 2, 'must not contain a control character: see character 11'],
    ['', 2, 'the management key from stdin is empty'],
    ['sk_us_made-up', 3, 'is a team API key (sandbox/us)'],
    ['whatever-made-up', 3, 'is no key of Junction'],
  ])('refuses %j', async (stdin, code, message) => {
    const folder = emptyFolder()
    const outcome = await runHere(['login', '--with-file', '-'], { env: { HOME: folder }, stdin })
    expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringContaining(message)])
    expect(outcome.stderr).not.toContain('made-up')
    expect(existsSync(join(folder, '.config'))).toBe(false)
  })

  test('without a home says so before it asks for anything', async () => {
    const { code, stderr } = await runHere(['login', '--with-file', '-'], { stdin: key })
    expect(code).toBe(2)
    expect(stderr).toContain('neither HOME nor XDG_CONFIG_HOME is set')
    expect(await runHere(['whoami'])).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('none: run byoo login'),
    })
  })

  test.each([
    ['HOME is a file', { HOME: 'file' }, 'file is not a folder'],
    ['XDG_CONFIG_HOME is a file', { XDG_CONFIG_HOME: 'file' }, 'file is not a folder'],
    ['.config is a file', { HOME: '.' }, '.config is not a folder'],
    ['XDG_CONFIG_HOME is a device', { XDG_CONFIG_HOME: '/dev/null' }, '/dev/null is not a folder'],
    ['HOME is /proc', { HOME: '/proc' }, 'cannot be written (ENOENT)'],
  ])('says what is in the way when %s', async (_, variables, message) => {
    const folder = emptyFolder()
    for (const name of ['file', '.config']) writeFileSync(join(folder, name), '')
    const env = Object.fromEntries(
      Object.entries(variables).map(([name, path]) => [
        name,
        path.startsWith('/') ? path : join(folder, path),
      ]),
    )
    const { code, stderr } = await runChild(['login', '--with-file', '-'], { env, stdin: key })
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
    expect(stderr.trim().split('\n')).toHaveLength(2)
  })

  test.each([
    ['a file', true],
    ['a file that is not there yet', false],
  ])('writes where a link leads: %s', async (_, there) => {
    const folder = emptyFolder()
    const [path, target] = [join(folder, '.config/byoo/credentials.json'), join(folder, 'dotfiles/login')]
    mkdirSync(join(folder, '.config/byoo'), { recursive: true })
    mkdirSync(join(folder, 'dotfiles'))
    if (there) writeFileSync(target, 'old')
    symlinkSync('../../dotfiles/login', path)
    const env = { HOME: folder }
    expect(await runHere(['login', '--with-file', '-'], { env, stdin: key })).toMatchObject({ code: 0 })
    expect(lstatSync(path).isSymbolicLink()).toBe(true)
    expect(JSON.parse(readFileSync(target, 'utf8'))).toEqual({ management_key: key })
    expect(statSync(target).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(folder, 'dotfiles'))).toEqual(['login'])
    expect(await runHere(['logout'], { env })).toMatchObject({ code: 0 })
    expect(existsSync(target)).toBe(false)
  })

  test('moves nothing over what a link leads to when that is no file', async () => {
    const folder = emptyFolder()
    const [path, pipe] = [join(folder, '.config/byoo/credentials.json'), join(folder, 'pipe')]
    mkdirSync(join(folder, '.config/byoo'), { recursive: true })
    execFileSync('mkfifo', [pipe])
    symlinkSync(pipe, path)
    const env = { HOME: folder }
    for (const argv of [['login', '--with-file', '-'], ['logout'], ['whoami']]) {
      const { code, stderr } = await runHere(argv, { env, stdin: key })
      expect([code, stderr]).toEqual([2, expect.stringContaining('is not a file')])
    }
    expect(lstatSync(pipe).isFIFO()).toBe(true)
    expect(readdirSync(join(folder, '.config/byoo'))).toEqual(['credentials.json'])
  })

  test('without a terminal says how else to give the key', async () => {
    const { code, stderr } = await runHere(['login'], { env: { HOME: emptyFolder() } })
    expect([code, stderr]).toEqual([2, expect.stringContaining('--with-file')])
  })
})

describe('login checks the key', () => {
  test('says what it may see, and what is next', async () => {
    const { simulator, here } = await startWorld()
    const argv = ['login', '--with-file', '-', '--org', simulator.org]
    const every = readShape(
      'login',
      (await here([...argv, '--json'], { stdin: simulator.keys.organisation })).stdout,
    )
    expect(every).toMatchObject({ sees: [...junctionEnvironments], not_checked: null })
    const one = await here([...argv, '--team', simulator.teams.us.id], { stdin: simulator.keys.team })
    expect(one.stdout).toMatch(/^may see +(?=.*sandbox\/us).*$/m)
    expect(one.stdout).toMatch(/^Next:\n {2}byoo init\n/m)
  })

  test('has seen an environment whose list has no end', async () => {
    const { simulator, here } = await startWorld()
    simulator.set({ endlessPages: 'same_cursor' })
    const argv = ['login', '--with-file', '-', '--org', simulator.org, '--json']
    const { stdout } = await here(argv, { stdin: simulator.keys.organisation })
    expect(readShape('login', stdout)).toMatchObject({ sees: [...junctionEnvironments], not_checked: null })
  })

  test('keeps none that Junction refuses', async () => {
    const { simulator, here, folder } = await startWorld()
    const { code, stderr } = await here(['login', '--with-file', '-', '--org', simulator.org], { stdin: key })
    expect([code, stderr]).toEqual([3, expect.stringContaining('byoo: ')])
    expect(existsSync(join(folder, '.config'))).toBe(false)
  })

  test.each([
    ['without an organisation', [], 'the organisation is not known', '  byoo login --org <uuid>\n'],
    ['without an answer', ['--org', org], 'Junction', '  byoo prepare <provider>\n'],
  ])('says that it could not: %s', async (_, more, reason, next) => {
    const folder = emptyFolder()
    const env = { HOME: folder, BYOO_MANAGEMENT_URL: 'http://127.0.0.1:1' }
    const { code, stdout } = await runHere(['login', '--with-file', '-', ...more], { env, stdin: key })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^not checked +/m)
    expect(stdout).toContain(next)
    expect(stdout).not.toContain('may see')
    if (more.length === 0) expect(stdout).toContain(reason)
  })
})

describe('the stored login', () => {
  test('is warned about when others can read it', async () => {
    const folder = emptyFolder()
    const env = { HOME: folder }
    await runHere(['login', '--with-file', '-'], { env, stdin: key })
    chmodSync(join(folder, '.config/byoo/credentials.json'), 0o640)
    const { stderr } = await runHere(['whoami'], { env, directory: folder })
    expect(stderr).toMatch(/^warning: .*credentials\.json has mode 0640: .*chmod 600/)
  })

  test('that is damaged is refused', async () => {
    const folder = emptyFolder()
    mkdirSync(join(folder, '.config/byoo'), { recursive: true })
    writeFileSync(join(folder, '.config/byoo/credentials.json'), '{', { mode: 0o600 })
    const { code, stderr } = await runHere(['whoami'], { env: { HOME: folder }, directory: folder })
    expect([code, stderr]).toEqual([2, expect.stringContaining('is not what byoo login writes')])
  })

  test('is forgotten by logout', async () => {
    const env = { HOME: emptyFolder() }
    await runHere(['login', '--with-file', '-'], { env, stdin: key })
    expect(readShape('logout', (await runHere(['logout', '--json'], { env })).stdout).deleted).toBe(true)
    expect((await runHere(['logout'], { env })).stdout).toContain('There is no stored login')
  })
})

describe('whoami', () => {
  test('names the source of everything, by precedence', async () => {
    const folder = emptyFolder()
    const env = { HOME: folder }
    const run = async (argv: string[] = [], more: Record<string, string> = {}) => {
      const { stdout } = await runHere(['whoami', '--json', ...argv], {
        env: { ...env, ...more },
        directory: folder,
      })
      expect(stdout).not.toContain(key)
      return readShape('whoami', stdout)
    }
    expect(await run()).toEqual({ management_key: null, org: null, teams: {} })
    await runHere(['login', '--with-file', '-', '--org', org, '--team', team], { env, stdin: key })
    expect(await run()).toEqual({
      management_key: { value: 'mg_…6789', source: join(folder, '.config/byoo/credentials.json') },
      org: { value: org, source: 'byoo login' },
      teams: { any: { value: team, source: 'byoo login' } },
    })
    const route = '{ url: "https://o.example/cb/{provider}", environment: sandbox/us }'
    writeFileSync(
      join(folder, 'byoo.yaml'),
      `routes: [${route}]\norg: 33333333-3333-4333-8333-333333333333\nteams: { sandbox/us: ${team} }\n`,
    )
    expect(await run()).toMatchObject({
      org: { source: 'byoo.yaml' },
      teams: { 'sandbox/us': { value: team, source: 'byoo.yaml' } },
    })
    const given = { BYOO_ORG: org, JUNCTION_MANAGEMENT_KEY: 'mg_another-made-up-key' }
    expect(await run([], given)).toMatchObject({
      management_key: { source: 'JUNCTION_MANAGEMENT_KEY' },
      org: { value: org, source: 'BYOO_ORG' },
    })
    expect(await run(['--org', team], given)).toMatchObject({ org: { value: team, source: '--org' } })
  })
})
