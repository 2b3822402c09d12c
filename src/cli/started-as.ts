import { basename, relative } from 'node:path'
import { shellLine } from '../output/shell.ts'
import type { Context } from './context.ts'

/** How this byoo was started, as a shell in the same folder starts it again: `byoo`, `npx byoo`, `npx tsx bin/byoo.ts`. */
export function startedAs({ script, env, directory }: Context): string {
  if (script === undefined) return 'byoo'
  const near = relative(directory, script)
  const path = near.startsWith('..') ? script : near
  if (script.endsWith('.ts')) return shellLine(['npx', 'tsx', path])
  if (env.npm_command === 'exec') return 'npx byoo'
  return /\.[cm]?js$/.test(basename(script)) ? shellLine(['node', path]) : 'byoo'
}
