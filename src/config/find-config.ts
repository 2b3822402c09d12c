import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { noConfig, type ReadConfig } from './config.ts'
import { explainRead } from './explain-read.ts'
import { readYamlConfig } from './read-yaml-config.ts'

/** A byoo.yaml that a command works with. */
export interface FoundConfig extends ReadConfig {
  /** As shown to people: a path from the working directory, or `BYOO_CONFIG`. */
  readonly name: string
  /** Folder that paths in it are relative to. */
  readonly folder: string
  /** Why the file cannot be read; its only fault then. */
  readonly unreadable?: string
  /** A byoo.yaml that is not read, because `BYOO_CONFIG` is set. */
  readonly ignored?: string
}

/**
 * Reads the file of `--config`, else the text in `BYOO_CONFIG`, else `byoo.yaml` in the working directory or a folder
 * above it, up to the repository's root and no further. Undefined when there is none of them.
 */
export async function findConfig(
  file: string | undefined,
  text: string | undefined,
  directory: string,
): Promise<FoundConfig | undefined> {
  if (file === undefined && text) {
    const ignored = lookUp(directory)
    return {
      name: 'BYOO_CONFIG',
      folder: directory,
      ...readYamlConfig('BYOO_CONFIG', text, 'management'),
      ...(ignored !== undefined && { ignored: relative(directory, ignored) }),
    }
  }
  const path = file === undefined ? lookUp(directory) : resolve(directory, file)
  if (path === undefined) return undefined
  const name = file ?? relative(directory, path)
  const found = { name, folder: dirname(path) }
  try {
    return { ...found, ...readYamlConfig(name, readFileSync(path, 'utf8'), 'management') }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    const unreadable = `${name}: ${explainRead(code)}`
    return { ...found, config: noConfig, faults: [unreadable], unreadable }
  }
}

function lookUp(directory: string): string | undefined {
  const above: string[] = []
  for (let folder = directory; ; folder = dirname(folder)) {
    above.push(folder)
    if (existsSync(join(folder, '.git'))) break
    if (dirname(folder) === folder) {
      above.length = 1
      break
    }
  }
  return above.map((folder) => join(folder, 'byoo.yaml')).find((path) => existsSync(path))
}
