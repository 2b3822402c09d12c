import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundledPackages, bundleOneFile } from '../../bin/bundle.ts'
import manifest from '../../package.json' with { type: 'json' }
import { configSchema } from '../../src/config/schema.ts'
import { type NodeBinary, nodes, npm, npx } from './nodes.ts'
import { describeSmokeTest } from './smoke.ts'

const run = promisify(execFile)
const repository = join(import.meta.dirname, '../..')
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'byoo-package-')))
const tarball = join(folder, `byoo-${manifest.version}.tgz`)
const unpacked = join(folder, 'package')

beforeAll(async () => {
  // dist/ is there already, and other tests use it meanwhile.
  const pack = ['pack', '--ignore-scripts', '--pack-destination', folder]
  await run(process.execPath, [npm, ...pack], { cwd: repository })
  await run('tar', ['--extract', '--gzip', '--file', tarball, '--directory', folder])
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

const read = (file: string) => readFileSync(join(unpacked, file), 'utf8')

describe('the tarball', () => {
  test('holds these files', () => {
    const files = readdirSync(unpacked, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) =>
        join(parentPath, name)
          .slice(unpacked.length + 1)
          .replaceAll('\\', '/'),
      )
    const commands = readdirSync(join(repository, 'src/cli/commands')).map((file) => file.replace('.ts', ''))
    const pages = readdirSync(join(repository, 'docs')).filter((file) => file.endsWith('.md'))
    const others = [
      ...pages.map((page) => `docs/${page}`),
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist/THIRD-PARTY-LICENSES.txt',
      'dist/byoo.js',
      'dist/byoo.schema.json',
      'dist/forwarder-program.js',
      'dist/metrics.js',
      'dist/package.json',
      'dist/program.js',
      'dist/read-yaml-config.js',
      'package.json',
    ]
    const chunk = /^dist\/chunks\/([\w-]+)-[A-Z0-9]{8}\.js$/
    expect(files.filter((file) => !chunk.test(file)).sort()).toEqual(others.sort())
    // Each command loads itself alone; esbuild names what several of them need.
    expect(files.map((file) => chunk.exec(file)?.[1])).toEqual(expect.arrayContaining(commands))
  })

  test('is at most 900 kB', () => {
    const { size } = statSync(tarball)
    console.info(`tarball: ${Math.round(size / 1e3)} kB`)
    expect(size).toBeLessThanOrEqual(900e3)
  })

  test('has nothing that publint would change', async () => {
    const data = readFileSync(tarball)
    const pack = { tarball: data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) }
    const { messages, pkg } = await publint({ pack, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  test('runs nothing when it is installed, brings no dependencies and exports no library', () => {
    const packed = JSON.parse(read('package.json'))
    expect(packed).toMatchObject({
      version: manifest.version,
      bin: { byoo: 'dist/byoo.js' },
      exports: { './package.json': './package.json' },
    })
    expect(Object.keys(packed.exports)).toEqual(['./package.json'])
    const unwanted = [
      /^(dependencies|optionalDependencies|peerDependencies|bundle(d)?Dependencies|main|gypfile)$/,
      /^(pre|post)?install$|^(pre|post)?prepare$/,
    ]
    const keys = [...Object.keys(packed), ...Object.keys(packed.scripts)]
    expect(keys.filter((key) => unwanted.some((pattern) => pattern.test(key)))).toEqual([])
  })

  test('needs no module but those of Node.js and its own', () => {
    const scripts = readdirSync(join(unpacked, 'dist'), { recursive: true, encoding: 'utf8' })
    const required = scripts
      .filter((file) => file.endsWith('.js'))
      .flatMap((file) => [...read(join('dist', file)).matchAll(/\brequire\("([^"]+)"\)/g)])
      .map(([, specifier = '']) => specifier)
    expect(required.length).toBeGreaterThan(20)
    const foreign = required.filter((specifier) => !/^(\.{1,2}\/|node:)/.test(specifier))
    const { builtinModules } = process.getBuiltinModule('node:module')
    expect(foreign.filter((specifier) => !builtinModules.includes(specifier))).toEqual([])
  })

  test('names every package whose code it contains, with its licence', async () => {
    const packages = bundledPackages([await bundleOneFile('bin/byoo.ts')])
    const text = read('dist/THIRD-PARTY-LICENSES.txt')
    const sections = text
      .split(/^-{80}$/m)
      .map((section) => section.trim().replace(/^byoo contains.*\n\n/, ''))
    expect(sections.map((section) => section.split('\n')[0])).toEqual(
      packages.map(({ name, version, license }) => `${name} ${version} (${license})`),
    )
    for (const section of sections) expect(section.length).toBeGreaterThan(500)
    expect(sections.join()).toContain('undici')
  })

  test('holds the JSON Schema of byoo.yaml', () => {
    const schema = JSON.parse(read('dist/byoo.schema.json'))
    expect(Object.keys(schema.properties)).toEqual(Object.keys(configSchema.shape))
  })
})

/**
 * An empty project with the tarball installed, and how `npx byoo` runs in it. npx starts a shell, which a signal ends
 * without telling byoo, so what is stopped by a signal is started as npx would.
 */
function project({ path, version }: NodeBinary) {
  const directory = join(folder, `project-${version}`)
  const env = {
    PATH: [dirname(path), '/usr/bin', '/bin'].join(delimiter),
    HOME: directory,
    npm_config_cache: join(directory, '.npm'),
    npm_config_update_notifier: 'false',
  }
  const install = async () => {
    mkdirSync(directory)
    writeFileSync(join(directory, 'package.json'), '{ "private": true }\n')
    await run(path, [npm, 'install', '--offline', '--no-audit', '--no-fund', tarball], {
      cwd: directory,
      env,
    })
  }
  const command = ([name = '', ...argv]: readonly string[], given: Readonly<Record<string, string>> = {}) => {
    const start = /^(serve|demo)$/.test(name)
      ? [join(directory, 'node_modules/byoo', manifest.bin.byoo)]
      : [npx, '--offline', '--', 'byoo']
    return {
      program: path,
      argv: [...start, name, ...argv],
      options: { cwd: directory, env: { ...env, ...given } },
    }
  }
  return { directory, install, command }
}

describe.each(nodes)('installed from the tarball on Node $version', (node) => {
  const { directory, install, command } = project(node)
  beforeAll(install, 60_000)

  describeSmokeTest('the package', () => ({ distribution: 'package', nodeVersion: node.version, command }))

  test('brings nothing with it', () => {
    expect(readdirSync(join(directory, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'byoo',
    ])
  })

  test('writes a byoo.yaml, has the schema where docs/configuration.md says, and explains a faulty one', async () => {
    const url = 'https://oauth.example.com/oauth_callback/{provider}'
    const { program, argv, options } = command(['init', ...['--url', url, '--environment', 'sandbox/us']])
    await run(program, argv, options)
    const yaml = readFileSync(join(directory, 'byoo.yaml'), 'utf8')
    const page = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8')
    const [, schema = ''] = /^# yaml-language-server: \$schema=(.*)$/m.exec(page) ?? []
    expect(JSON.parse(readFileSync(join(directory, schema), 'utf8')).title).toContain('byoo.yaml')
    const broken = command(['whoami'], { BYOO_CONFIG: yaml.replace('sandbox/us', 'sandbox/uk') })
    await expect(run(broken.program, broken.argv, broken.options)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('write sandbox/us or sandbox/eu'),
    })
    rmSync(join(directory, 'byoo.yaml'))
  })
})
