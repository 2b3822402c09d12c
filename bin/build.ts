import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build, type Plugin } from 'esbuild'
import { configJsonSchema } from '../src/config/json-schema.ts'
import { bundledPackages, commonJs, licences, plugins, settings } from './bundle.ts'

// Makes dist/: what the package and the image run.

const { values: options } = parseArgs({
  options: { image: { type: 'boolean', default: false }, 'source-maps': { type: 'boolean', default: false } },
})

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

const common = {
  ...settings(options.image ? 'image' : 'package'),
  sourcemap: options['source-maps'],
}
const modules = mkdtempSync('.build-')
// Not "module": chunks then see each other's default export as ES modules do.
writeFileSync(join(modules, 'package.json'), '{}')
rmSync('dist', { recursive: true, force: true })
try {
  const forwarder = await build({
    ...common,
    ...commonJs,
    outdir: 'dist',
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
    outdir: 'dist',
    entryPoints: Object.keys(management.metafile.outputs).filter((file) => file.endsWith('.js')),
    outbase: modules,
  })
  const packages = bundledPackages([forwarder.metafile, management.metafile])
  writeFileSync('dist/package.json', '{ "type": "commonjs" }\n')
  writeFileSync('dist/byoo.schema.json', `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`)
  writeFileSync('dist/THIRD-PARTY-LICENSES.txt', licences(packages))
} finally {
  rmSync(modules, { recursive: true })
}
