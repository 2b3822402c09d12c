import { build } from 'esbuild'
import { expect, test } from 'vitest'

const folder = new URL('../../src/forwarder/', import.meta.url).pathname

test('the decision is bundled for any engine: it needs nothing of Node', async () => {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: "export { forward } from './forward.ts'; export { compileRoutes } from './routes.ts'",
      resolveDir: folder,
    },
    platform: 'neutral',
    format: 'esm',
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
  })
  const [bundle] = outputFiles
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([])
  expect(bundle?.text).not.toMatch(/\b(?:Buffer|process|require|global|setImmediate|__dirname)\b/)
  expect(bundle?.contents.length).toBeLessThan(9000)
})
