import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bundleProgram } from '../bin/bundle.ts'

const repository = join(import.meta.dirname, '..')
const files = ['bin', 'src'].flatMap((folder) =>
  readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file)),
)

interface Import {
  readonly to: string
  readonly typeOnly: boolean
  readonly lazy: boolean
}

function importsOf(file: string): Import[] {
  const source = readFileSync(join(repository, file), 'utf8')
  const found = [
    ...source.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'"]*?\sfrom\s+)?'([^']+)'/gm),
    ...source.matchAll(/\bimport\((\s*)'([^']+)'\)/g),
  ]
  return found.map(([statement, type, specifier = '']) => ({
    to: specifier.startsWith('.')
      ? relative(repository, join(repository, dirname(file), specifier))
      : specifier,
    typeOnly: type?.trim() === 'type',
    lazy: statement.startsWith('import('),
  }))
}

/** Every module that is loaded when a file is; with `lazy` also what it may load later. */
function reachable(from: readonly string[], lazy: boolean): Set<string> {
  const seen = new Set<string>()
  const queue = [...from]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    if (!file.endsWith('.ts')) continue
    queue.push(
      ...importsOf(file)
        .filter((found) => !found.typeOnly && (lazy || !found.lazy))
        .map(({ to }) => to),
    )
  }
  return seen
}

const within = (folder: string) => files.filter((file) => file.startsWith(`${folder}/`))

describe('imports', () => {
  test.each([
    ['src/output', /^(?!node:|src\/output\/)/],
    ['src/forwarder', /^(commander|undici|yaml|zod.*|@clack\/.*)$|^src\/(cli|verify|doctor|demo)\//],
    ['src/junction', /^commander$|^src\/(cli|config|forwarder|verify|doctor|demo)\//],
    ['src/config', /^(commander|undici)$|^src\/(cli|forwarder|verify|doctor|demo)\//],
    ['src/verify', /^(commander|undici|yaml)$|^src\/(cli\/|forwarder\/(?!shared-route)|doctor\/|demo\/)/],
    ['src/doctor', /^(commander|undici|yaml)$|^src\/(cli\/|forwarder\/(?!shared-route)|demo\/)/],
    ['src/demo/junction', /^(commander|undici|yaml)$|^src\/(cli|verify|doctor)\//],
    ['src/demo/provider', /^(commander|undici|yaml|zod.*)$|^src\/(cli|verify|doctor)\//],
  ])('%s never reaches what is above it', (folder, forbidden) => {
    expect(within(folder).length).toBeGreaterThan(0)
    expect([...reachable(within(folder), true)].filter((module) => forbidden.test(module))).toEqual([])
  })

  test('serve loads neither an HTTP client nor YAML, metrics or management code before it needs them', () => {
    const loaded = [...reachable(['src/cli/commands/serve.ts'], false)]
    expect(loaded).toContain('src/forwarder/server.ts')
    expect(
      loaded.filter((module) => /^(undici|yaml|prom-client)$|src\/junction\/(http|management)/.test(module)),
    ).toEqual([])
  })

  test("the forwarder's file holds what serve runs only, and no module wrapped to be run later", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'byoo-bundle-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const metafiles = await bundleProgram(folder, { distribution: 'package', sourceMaps: false })
    const outputs = metafiles.flatMap((metafile) => Object.entries(metafile.outputs))
    const [file = '', output] = outputs.find(([name]) => name.endsWith('/forwarder-program.js')) ?? []
    const inputs = Object.keys(output?.inputs ?? {})
    expect(inputs).toContain('src/forwarder/server.ts')
    expect(inputs.filter((input) => /\/yaml\/|junction\/providers\.|cli\/perform/.test(input))).toEqual([])
    // Such a module is parsed twice. CommonJS, which commander is, cannot do without.
    expect(readFileSync(file, 'utf8')).not.toContain('__esm(')
  }, 30_000)

  test.each([
    ['src/junction/providers.ts', /^(?!fastest-levenshtein$)[^.]+$|junction\/(http|api|details)/],
    ['src/junction/http.ts', /^(undici|zod.*)$/],
    ['src/junction/management.ts', /^undici$/],
  ])('%s loads little until it is used', (file, forbidden) => {
    const loaded = [...reachable([file], false)].filter((module) => module !== file)
    expect(loaded.filter((module) => forbidden.test(module) && !module.startsWith('node:'))).toEqual([])
  })

  test('the demo is reached through its command alone, and only when that runs', () => {
    const importing = files.filter(
      (file) => !file.startsWith('src/demo/') && importsOf(file).some(({ to }) => to.startsWith('src/demo/')),
    )
    expect(importing).toEqual(['src/cli/commands/demo.ts'])
    const atOnce = reachable(['bin/byoo.ts', 'src/cli/program.ts'], false)
    expect(
      [...atOnce].filter((module) => /^src\/(demo|doctor|cli\/(commands|completion))/.test(module)),
    ).toEqual([])
    const below = [...reachable(within('src/demo'), true)]
    expect(below.filter((module) => module.startsWith('src/cli/') || module === 'commander')).toEqual([])
  })

  test('one module alone loads undici', () => {
    const loading = files.filter((file) =>
      importsOf(file).some(({ to, typeOnly }) => to === 'undici' && !typeOnly),
    )
    expect(loading).toEqual(['src/junction/dispatch.ts'])
  })

  test.each([
    ['--version', ['bin/byoo.ts'], /^(?!node:)(?!src\/|bin\/|package\.json)/],
    ['--help', ['bin/byoo.ts', 'src/cli/program.ts'], /^(?!node:|commander$)(?!src\/|bin\/|package\.json)/],
    [
      'providers',
      ['bin/byoo.ts', 'src/cli/program.ts', 'src/cli/perform.ts', 'src/cli/commands/providers.ts'],
      /^(undici|yaml|zod.*|@clack\/.*)$|^src\/junction\/(http|management|details)/,
    ],
  ])('%s loads little', (_command, from, forbidden) => {
    const loaded = [...reachable(from, false)].map((module) =>
      module.replace(/^package\.json.*/, 'package.json'),
    )
    expect(loaded.filter((module) => forbidden.test(module))).toEqual([])
  })

  test('set-credentials loads at most 60 files', () => {
    const entries = ['program.ts', 'perform.ts', 'commands/set-credentials.ts'].map(
      (file) => `src/cli/${file}`,
    )
    // The last one when there is a byoo.yaml.
    const from = ['bin/byoo.ts', ...entries, 'src/config/read-yaml-config.ts']
    const loaded = [...reachable(from, false)].filter((module) => /^(?:bin|src)\/.*\.ts$/.test(module))
    expect(loaded).toContain('src/junction/management.ts')
    expect(loaded.length).toBeLessThanOrEqual(60)
  })

  test('forward.ts decides alone: it imports nothing that does input or output', () => {
    const loaded = [...reachable(['src/forwarder/forward.ts'], true)]
    expect(
      loaded.filter(
        (module) => !/^src\/((forwarder|config)\/[\w-]+|junction\/environments)\.ts$/.test(module),
      ),
    ).toEqual([])
  })

  test('only bin touches the process', () => {
    const touching = within('src').filter((file) =>
      /\bprocess\.(?!getBuiltinModule)|['"](node:)?process['"]/.test(
        readFileSync(join(repository, file), 'utf8'),
      ),
    )
    expect(touching).toEqual([])
  })
})
