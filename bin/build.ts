import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { build, type Plugin } from 'esbuild'
import { configJsonSchema } from '../src/config/json-schema.ts'

/**
 * On Node ≥ 22 an ESM import of a built-in module touches all its lazy getters, which costs up to 25 ms of start-up;
 * `process.getBuiltinModule` does not.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'require-call' ? { path, external: true } : { path, namespace: 'builtin' },
    )
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }))
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

rmSync('dist', { recursive: true, force: true })
const { metafile } = await build({
  entryPoints: ['bin/byoo.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: true,
  legalComments: 'none',
  metafile: true,
  plugins: [lazyBuiltins],
  banner: { js: "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
})
writeFileSync('dist/byoo.schema.json', `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`)
writeFileSync('dist/THIRD-PARTY-LICENSES.txt', licences(Object.keys(metafile.inputs)))
for (const [file, { bytes }] of Object.entries(metafile.outputs)) {
  if (file.endsWith('.js')) console.log(`${file}  ${Math.round(bytes / 1000)} kB`)
}
