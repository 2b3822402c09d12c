import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'

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

/** The demo's page as text: dist/ has no folder for it, and a single executable has no files at all. */
const inlinePage: Plugin = {
  name: 'inline-page',
  setup(build) {
    build.onLoad({ filter: /[/\\]src[/\\]demo[/\\]page-files\.ts$/ }, ({ path }) => {
      const folder = join(dirname(path), 'page')
      const names = readdirSync(folder).filter((name) => name !== 'tsconfig.json')
      const texts = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
      return { contents: `export const pageFiles = ${JSON.stringify(texts)}` }
    })
  },
}

/** What every bundle's code needs: dist/ and the single executable are made with the same plugins. */
export const plugins: readonly Plugin[] = [lazyBuiltins, inlinePage]

/** What people get; `byoo --version` says it. */
export type Distribution = 'package' | 'image' | 'single executable'

/** Settings of every bundle; `define` tells the code what it is part of. */
export function settings(distribution: Distribution) {
  return {
    platform: 'node',
    target: 'node20.19',
    define: { BYOO_DISTRIBUTION: JSON.stringify(distribution) },
    minifySyntax: true,
    legalComments: 'none',
  } as const satisfies BuildOptions
}

/** CommonJS starts faster: Node 20 spends 10 ms on its ES module loader, Node ≥ 22 up to 25 ms on an ES import of node:http. */
export const commonJs = {
  format: 'cjs',
  supported: { 'dynamic-import': false },
  minifyWhitespace: true,
} as const satisfies BuildOptions

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

/** A package whose code a bundle contains. */
export interface BundledPackage {
  /** Path of its folder, from the repository. */
  readonly folder: string
  readonly name: string
  readonly version: string
  readonly license: string
}

/** The packages whose code bundles contain, by path. What is read and then shaken off is not in them. */
export function bundledPackages(metafiles: readonly Metafile[]): BundledPackage[] {
  const outputs = metafiles.flatMap((metafile) => Object.values(metafile.outputs))
  const inputs = outputs.flatMap((output) =>
    Object.entries(output.inputs).flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? input : [])),
  )
  const folders = inputs.flatMap((input) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? [])
  return [...new Set(folders)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
    return { folder, name, version, license }
  })
}

/** The licences of bundled packages and what they want to be told with them. */
export function licences(packages: readonly BundledPackage[]): string {
  const sections = packages.map(({ folder, name, version, license }) => {
    const files = readdirSync(folder).filter((entry) => /^(licen[cs]e|notice)/i.test(entry))
    if (!files.some((file) => /^l/i.test(file))) throw new Error(`${name} has no licence file`)
    const texts = files.map((file) => readFileSync(`${folder}/${file}`, 'utf8').trim())
    return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`
  })
  return `byoo contains code of these packages.\n\n${sections.join(`\n${'-'.repeat(80)}\n\n`)}`
}
