import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'
import { coreBundle } from '../src/export/core/bundle.ts'

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

/** Modules that read what is beside them are replaced by it: dist/ and a single executable have no such files. */
const inlined: Plugin = {
  name: 'inlined',
  setup(build) {
    build.onLoad({ filter: /[/\\]src[/\\]demo[/\\]page-files\.ts$/ }, ({ path }) => {
      const folder = join(dirname(path), 'page')
      const names = readdirSync(folder).filter((name) => name !== 'tsconfig.json')
      const texts = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
      return { contents: `export const pageFiles = ${JSON.stringify(texts)}` }
    })
    build.onLoad({ filter: /[/\\]src[/\\]export[/\\]core[/\\]bundle\.ts$/ }, async () => {
      const texts = { fetch: await coreBundle('fetch'), lambda: await coreBundle('lambda') }
      const contents = `export const coreBundle = async (name) => (${JSON.stringify(texts)})[name]`
      return { contents }
    })
  },
}

/** What every bundle's code needs: dist/ and the single executable are made with the same plugins. */
const plugins: readonly Plugin[] = [lazyBuiltins, inlined]

/** What people get; `byoo --version` says it. */
type Distribution = 'package' | 'image' | 'single executable'

/** Settings of every bundle; `define` tells the code what it is part of. */
function settings(distribution: Distribution) {
  return {
    platform: 'node',
    target: 'node20.19',
    define: { BYOO_DISTRIBUTION: JSON.stringify(distribution) },
    minifySyntax: true,
    legalComments: 'none',
  } as const satisfies BuildOptions
}

/** CommonJS starts faster: Node 20 spends 10 ms on its ES module loader, Node ≥ 22 up to 25 ms on an ES import of node:http. */
const commonJs = {
  format: 'cjs',
  supported: { 'dynamic-import': false },
  minifyWhitespace: true,
} as const satisfies BuildOptions

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

/** Writes what the package and the image run into a folder: the forwarder in one file, the rest in chunks. */
export async function bundleProgram(
  folder: string,
  { distribution, sourceMaps }: { distribution: Distribution; sourceMaps: boolean },
): Promise<Metafile[]> {
  const common = { ...settings(distribution), sourcemap: sourceMaps }
  const modules = mkdtempSync(join(folder, 'modules-'))
  // Not "module": chunks then see each other's default export as ES modules do.
  writeFileSync(join(modules, 'package.json'), '{}')
  try {
    const forwarder = await build({
      ...common,
      ...commonJs,
      outdir: folder,
      entryPoints: singleFiles,
      entryNames: '[name]',
      bundle: true,
      metafile: true,
      plugins: [...plugins, loadEachOther],
    })
    const management = await build({
      ...common,
      entryPoints: [managementProgram],
      outdir: modules,
      bundle: true,
      splitting: true,
      chunkNames: 'chunks/[name]-[hash]',
      format: 'esm',
      metafile: true,
      plugins: [...plugins],
    })
    // esbuild splits ES modules only.
    await build({
      ...common,
      ...commonJs,
      outdir: folder,
      entryPoints: Object.keys(management.metafile.outputs).filter((file) => file.endsWith('.js')),
      outbase: modules,
    })
    writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n')
    return [forwarder.metafile, management.metafile]
  } finally {
    rmSync(modules, { recursive: true })
  }
}

/** Everything in one CommonJS file, as a single executable needs it: what is imported when needed is still run only then. */
export async function bundleOneFile(entryPoint: string, outfile?: string): Promise<Metafile> {
  const { metafile } = await build({
    ...settings('single executable'),
    ...commonJs,
    entryPoints: [entryPoint],
    ...(outfile === undefined ? { write: false } : { outfile }),
    bundle: true,
    metafile: true,
    plugins: [...plugins],
  })
  return metafile
}

/** The packages whose code bundles contain, by path. What is read and then shaken off is not in them. */
export function bundledPackages(metafiles: readonly Metafile[]) {
  const outputs = metafiles.flatMap((metafile) => Object.values(metafile.outputs))
  const inputs = outputs.flatMap((output) =>
    Object.entries(output.inputs).flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? input : [])),
  )
  const folders = inputs.flatMap((input) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? [])
  return [...new Set(folders)].sort().map((folder) => {
    const { name, version, license }: Record<string, string> = JSON.parse(
      readFileSync(`${folder}/package.json`, 'utf8'),
    )
    return { folder, name, version, license }
  })
}

/** The licences of bundled packages, with their notices. (esbuild-plugin-license leaves out zod, and all notices.) */
export function licences(packages: ReturnType<typeof bundledPackages>): string {
  const sections = packages.map(({ folder, name, version, license }) => {
    const files = readdirSync(folder).filter((entry) => /^(licen[cs]e|notice)/i.test(entry))
    if (!files.some((file) => /^l/i.test(file))) throw new Error(`${name} has no licence file`)
    const texts = files.map((file) => readFileSync(`${folder}/${file}`, 'utf8').trim())
    return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`
  })
  return `byoo contains code of these packages.\n\n${sections.join(`\n${'-'.repeat(80)}\n\n`)}`
}
