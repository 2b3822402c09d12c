import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { configJsonSchema } from '../src/config/json-schema.ts'

/** Built-in modules that dependencies require at their top and hardly ever use are loaded at first use. */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(build) {
    const lazy = { filter: /^node:(assert|child_process)$/, namespace: 'lazy-builtin' }
    build.onResolve({ filter: lazy.filter }, ({ path, kind, namespace }) =>
      kind === 'require-call' && namespace === 'file' ? { path, namespace: lazy.namespace } : undefined,
    )
    build.onLoad(lazy, ({ path }) => ({
      contents: `module.exports = new Proxy(() => {}, {
        apply: (_target, _this, args) => require('${path}')(...args),
        get: (_target, name) => require('${path}')[name],
      })`,
    }))
  },
}

/** Starting takes long when it takes many files, so these are one file each, and load each other when needed. */
const singleFiles = [
  'bin/byoo.ts',
  'src/cli/forwarder-program.ts',
  'src/config/read-yaml-config.ts',
  'src/forwarder/metrics.ts',
]
const managementProgram = 'src/cli/program.ts'

const loadEachOther: Plugin = {
  name: 'load-each-other',
  setup(build) {
    const files = new Map(
      [...singleFiles, managementProgram].map((file) => [resolve(file), `./${basename(file, '.ts')}.js`]),
    )
    build.onResolve({ filter: /^\./ }, ({ path, kind, resolveDir }) => {
      const file = kind === 'dynamic-import' ? files.get(resolve(resolveDir, path)) : undefined
      return file === undefined ? undefined : { path: file, external: true }
    })
  },
}

/** The licence texts of the packages that a bundle contains. */
function licences(inputs: readonly string[]): string {
  const folders = new Set(
    inputs.flatMap((input) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []),
  )
  const sections = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
    if (!file) throw new Error(`${name} has no licence file`)
    return `${name} ${version} (${license})\n\n${readFileSync(`${folder}/${file}`, 'utf8').trim()}\n`
  })
  return `byoo contains code of these packages.\n\n${sections.join(`\n${'-'.repeat(80)}\n\n`)}`
}

const settings = {
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  sourcemap: true,
  legalComments: 'none',
} as const
const commonJs = {
  outdir: 'dist',
  format: 'cjs',
  supported: { 'dynamic-import': false },
  minifyWhitespace: true,
} as const
const modules = mkdtempSync('.build-')
// Not "module": chunks then see each other's default export as ES modules do.
writeFileSync(join(modules, 'package.json'), '{}')
rmSync('dist', { recursive: true, force: true })
try {
  const forwarder = await build({
    ...settings,
    ...commonJs,
    entryPoints: singleFiles,
    entryNames: '[name]',
    bundle: true,
    metafile: true,
    plugins: [lazyBuiltins, loadEachOther],
  })
  const management = await build({
    ...settings,
    entryPoints: [managementProgram],
    outdir: modules,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    metafile: true,
    plugins: [lazyBuiltins],
  })
  // esbuild splits ES modules only, but CommonJS starts faster: Node 20 spends 10 ms on its ES module loader, and
  // Node ≥ 22 up to 25 ms on an ES import of node:http.
  await build({
    ...settings,
    ...commonJs,
    entryPoints: Object.keys(management.metafile.outputs).filter((file) => file.endsWith('.js')),
    outbase: modules,
  })
  const bundled = [forwarder, management].flatMap(({ metafile }) => Object.keys(metafile.inputs))
  writeFileSync('dist/package.json', '{ "type": "commonjs" }\n')
  writeFileSync('dist/byoo.schema.json', `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`)
  writeFileSync('dist/THIRD-PARTY-LICENSES.txt', licences(bundled))
} finally {
  rmSync(modules, { recursive: true })
}
