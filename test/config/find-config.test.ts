import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { locateConfig } from '../../src/config/find-config.ts'
import { givenOptions } from '../../src/config/options.ts'
import { readConfig, routeOptions } from '../../src/config/read-config.ts'
import { emptyFolder, runHere, spawnByoo, spawnServe } from '../run.ts'

const yaml = 'routes: [{ url: "https://o.example/cb/{provider}", environment: production/us }]\n'

/** A folder with these files, in which `.git/` stands for the root of a repository. */
function folderWith(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = emptyFolder()
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(name.endsWith('/') ? path : join(path, '..'), { recursive: true })
    if (!name.endsWith('/')) writeFileSync(path, content)
  }
  return folder
}

describe('byoo.yaml is looked for', () => {
  test.each([
    ['in the working directory', { 'byoo.yaml': yaml }, '.', 'byoo.yaml'],
    ['above it in a repository', { '.git/': '', 'byoo.yaml': yaml, 'a/b/': '' }, 'a/b', '../../byoo.yaml'],
    ['first where it is nearest', { '.git/': '', 'byoo.yaml': '', 'a/byoo.yaml': '' }, 'a', 'byoo.yaml'],
    ['not above the repository', { 'byoo.yaml': yaml, 'a/.git/': '' }, 'a', undefined],
    ['not above without a repository', { 'byoo.yaml': yaml, 'a/': '' }, 'a', undefined],
    ['under its other name', { '.git/': '', 'byoo.yml': yaml, 'a/': '' }, 'a', '../byoo.yml'],
    ['under its own name first', { 'byoo.yml': '', 'byoo.yaml': '' }, '.', 'byoo.yaml'],
  ] as [string, Record<string, string>, string, string | undefined][])('%s', (_, files, directory, name) => {
    const folder = join(folderWith(files), directory)
    expect(locateConfig(undefined, undefined, folder)?.name).toBe(name)
  })

  test('by serve as by the others, and init adds to what is there', async () => {
    const root = folderWith({ '.git/': '', 'byoo.yml': yaml, 'a/': '' })
    const directory = join(root, 'a')
    const serve = await spawnServe([], { directory })
    expect(serve.stdout()).toContain('https://o.example/cb/{provider}')
    const { stdout } = await runHere(['export', 'nginx'], { directory })
    expect(stdout).toContain('o.example')
    const url = 'https://p.example/cb/{provider}'
    const init = await runHere(['init', '--environment', 'sandbox/us', '--url', url], { directory: root })
    expect(init.stderr).toContain('byoo.yml is there already')
  })

  test('and init says what is wrong with its list of providers', async () => {
    const { code, stderr } = await runHere(['init', '--providers', 'strava,'], { directory: emptyFolder() })
    expect([code, stderr]).toEqual([2, 'byoo: --providers: has a comma too many: write strava\n'])
  })

  test('and named when BYOO_CONFIG goes before it', async () => {
    const directory = folderWith({ 'byoo.yaml': '!' })
    const serve = await spawnServe([], { directory, env: { BYOO_CONFIG: yaml } })
    expect(await serve.printed('byoo.yaml is not read, because BYOO_CONFIG is set')).toContain('"warn"')
  })
})

describe('what describes the routes of serve', () => {
  const directory = () => folderWith({ 'byoo.yaml': '!', 'other.yaml': yaml })
  const read = (flags: Record<string, string>, env: Record<string, string>, file?: string) =>
    readConfig({
      route: givenOptions(routeOptions, flags, env),
      file,
      text: env.BYOO_CONFIG,
      directory: directory(),
    })
  const sandbox = { environment: 'sandbox/us' }

  test('flags go before a file that is only there, and one line says so', async () => {
    const serve = await spawnServe(['--environment', 'sandbox/us', '--path', '/x/{provider}'], {
      directory: directory(),
    })
    expect(serve.stdout()).toContain('/x/{provider} -> https://api.sandbox.us.junction.com/')
    expect(await serve.printed('byoo.yaml is not read')).toContain(
      '"byoo.yaml is not read: --environment, --path say what to forward"',
    )
  })

  test.each([
    [
      'flags and --config',
      sandbox,
      {},
      'other.yaml',
      '--environment and other.yaml both describe routes: leave out --environment, or leave out --config',
    ],
    [
      'flags and BYOO_CONFIG',
      sandbox,
      { BYOO_CONFIG: yaml },
      undefined,
      '--environment and BYOO_CONFIG both describe routes: leave out --environment, or unset BYOO_CONFIG',
    ],
    [
      'variables and a file that is there',
      {},
      { BYOO_ENVIRONMENT: 'sandbox/us' },
      undefined,
      'BYOO_ENVIRONMENT and byoo.yaml both describe routes: unset BYOO_ENVIRONMENT, or move byoo.yaml away',
    ],
    [
      'flags, variables and a file that is there',
      sandbox,
      { BYOO_PATH: '/x/{provider}' },
      undefined,
      '--environment, BYOO_PATH and byoo.yaml both describe routes: leave out --environment and unset BYOO_PATH, or move byoo.yaml away',
    ],
  ] as [string, Record<string, string>, Record<string, string>, string | undefined, string][])(
    '%s are one too many: choose',
    async (_, flags, env, file, fault) => {
      expect((await read(flags, env, file)).faults).toEqual([fault])
    },
  )
})

describe('a file is read within a bound', () => {
  const files = {
    'folder/': '',
    'large.yaml': `# ${'x'.repeat(1_000_000)}`,
    'utf-16.yaml': Buffer.from(`\ufeff${yaml}`, 'utf16le'),
    'utf-16-without-mark.yaml': Buffer.from(yaml, 'utf16le'),
    'utf-16-big-endian.yaml': Buffer.from(`\ufeff${yaml}`, 'utf16le').swap16(),
    'utf-16-big-endian-without-mark.yaml': Buffer.from(yaml, 'utf16le').swap16(),
    'latin-1.yaml': Buffer.from(`# für\n${yaml}`, 'latin1'),
  }
  const utf16 = 'is UTF-16 text: save it as UTF-8 (in PowerShell: Out-File -Encoding utf8)'

  test.each([
    ['/dev/zero', 'is not a file'],
    ['folder', 'is a directory, not a file'],
    ['none.yaml', 'there is no such file'],
    ['large.yaml', 'is longer than 1 MB: it is the wrong file'],
    ['utf-16.yaml', utf16],
    ['utf-16-without-mark.yaml', utf16],
    ['utf-16-big-endian.yaml', utf16],
    ['utf-16-big-endian-without-mark.yaml', utf16],
    ['latin-1.yaml', 'is not UTF-8 text: save it as UTF-8'],
  ])('%s', async (file, reason) => {
    const directory = folderWith(files)
    for (const command of [
      ['serve'],
      ['export', 'nginx'],
      ['init', '--url', 'https://o.example/{provider}'],
    ]) {
      if (command[0] === 'init' && file === 'none.yaml') continue
      const { code, stderr } = await runHere([...command, '--config', file], { directory })
      expect([command[0], code]).toEqual([command[0], 2])
      if (command[0] !== 'init') expect(stderr).toContain(`${file}: ${reason}`)
    }
  })

  test('a byte order mark is no fault', async () => {
    const directory = folderWith({ 'byoo.yaml': `\ufeff${yaml}` })
    expect((await readConfig({ route: {}, file: undefined, text: undefined, directory })).faults).toEqual([])
  })

  test('certificates, too', async () => {
    const directory = folderWith(files)
    for (const command of [
      ['serve', '--environment', 'sandbox/us', '--tls-cert', '/dev/zero', '--tls-key', 'large.yaml'],
      ['verify', 'https://o.example/cb/{provider}', '--ca-file', '/dev/zero'],
      ['export', 'nginx', '--check', '/dev/zero'],
    ]) {
      const setting = { directory, env: { BYOO_CONFIG: yaml } }
      const { code, stderr } = await runHere(command, command[0] === 'serve' ? { directory } : setting)
      expect([code, stderr]).toEqual([2, expect.stringContaining('/dev/zero')])
      expect(stderr).toContain('is not a file')
    }
  })
})

describe('a pipe', () => {
  const fifoIn = (folder: string, name: string) => {
    const path = join(folder, name)
    execFileSync('mkfifo', [path])
    return path
  }

  test('that is asked for is read to its end, and no further than a file', async () => {
    const directory = emptyFolder()
    const fifo = fifoIn(directory, 'fifo')
    const [exported] = await Promise.all([
      runHere(['export', 'nginx', '--config', fifo], { directory }),
      writeFile(fifo, yaml),
    ])
    expect(exported).toMatchObject({ code: 0, stdout: expect.stringContaining('o.example') })
    const [refused] = await Promise.all([
      runHere(['export', 'nginx', '--config', fifo], { directory }),
      writeFile(fifo, 'x'.repeat(3_000_000)).catch(() => undefined),
    ])
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('is longer than 1 MB') })
  })

  test.each([
    ['serve', 'SIGINT'],
    ['export', 130],
  ] as const)('that nobody writes to does not keep %s from being interrupted', async (command, exit) => {
    const fifo = fifoIn(emptyFolder(), 'fifo')
    const byoo = spawnByoo([command, ...(command === 'export' ? ['nginx'] : []), '--config', fifo])
    const writer = await open(fifo, 'w')
    byoo.child.kill('SIGINT')
    expect(await byoo.exited).toBe(exit)
    await writer.close()
  })

  test('that is only there is refused', async () => {
    const directory = emptyFolder()
    fifoIn(directory, 'byoo.yaml')
    const { code, stderr } = await runHere(['export', 'nginx'], { directory })
    expect([code, stderr]).toEqual([2, expect.stringContaining('byoo.yaml: is not a file')])
  })
})
