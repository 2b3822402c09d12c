import { join } from 'node:path'

/** What a bundle of the core exports. */
export type CoreAdapter = 'fetch' | 'lambda'

/** The code of an adapter in one module without any Node API. A build puts finished texts in place of this module. */
export async function coreBundle(adapter: CoreAdapter): Promise<string> {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, `${adapter}.ts`)],
    bundle: true,
    write: false,
    platform: 'neutral',
    format: 'esm',
    target: 'es2022',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
  })
  return outputFiles[0]?.text ?? ''
}
