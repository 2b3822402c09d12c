import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { configJsonSchema } from '../src/config/schema.ts'
import { bundledPackages, bundleProgram, licences } from './bundle.ts'

// Makes dist/: what the package and the image run.

const { values: options } = parseArgs({
  options: { image: { type: 'boolean', default: false }, 'source-maps': { type: 'boolean', default: false } },
})

rmSync('dist', { recursive: true, force: true })
mkdirSync('dist')
const metafiles = await bundleProgram('dist', {
  distribution: options.image ? 'image' : 'package',
  sourceMaps: options['source-maps'],
})
writeFileSync('dist/byoo.schema.json', `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`)
writeFileSync('dist/THIRD-PARTY-LICENSES.txt', licences(bundledPackages(metafiles)))
