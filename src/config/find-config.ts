import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { noConfig, type ReadConfig } from './config.ts'
import { decodeText, explainRead, fileBound, readFileOrPipe, readRegularFile } from './read-file.ts'

/** The name of the file, and what some call it instead. */
const fileNames = ['byoo.yaml', 'byoo.yml']

/** Where a byoo.yaml is. */
export interface ConfigPlace {
  /** As shown to people: a path from the working directory, or `BYOO_CONFIG`. */
  readonly name: string
  /** Folder that paths in it are relative to. */
  readonly folder: string
  /** Was it asked for, by `--config` or `BYOO_CONFIG`, or just there? */
  readonly askedFor: boolean
  /** A byoo.yaml that is not read, because `BYOO_CONFIG` is set. */
  readonly ignored?: string
  /** Fails with what `explainRead` explains. */
  readonly readText: () => Promise<string>
}

/** A byoo.yaml that a command works with. */
export interface FoundConfig extends ReadConfig, Omit<ConfigPlace, 'askedFor' | 'readText'> {
  /** Why the file cannot be read; its only fault then. */
  readonly unreadable?: string
}

/**
 * The file of `--config`, else the text in `BYOO_CONFIG`, else `byoo.yaml` in the working directory or a folder above it,
 * up to the repository's root and no further. Undefined when there is none of them.
 */
export function locateConfig(
  file: string | undefined,
  text: string | undefined,
  directory: string,
): ConfigPlace | undefined {
  if (file !== undefined) {
    const path = resolve(directory, file)
    const readText = async () => decodeText(await readFileOrPipe(path, fileBound))
    return { name: file, folder: dirname(path), askedFor: true, readText }
  }
  const path = lookUp(directory)
  const name = path && relative(directory, path)
  if (text) {
    const ignored = name !== undefined && { ignored: name }
    return { name: 'BYOO_CONFIG', folder: directory, askedFor: true, readText: async () => text, ...ignored }
  }
  if (path === undefined || name === undefined) return undefined
  const readText = async () => decodeText(readRegularFile(path, fileBound))
  return { name, folder: dirname(path), askedFor: false, readText }
}

/** Reads a byoo.yaml, or only what the forwarder needs of it; `unreadable` says why that cannot be. */
export async function readPlace(
  { name, readText }: ConfigPlace,
  reader: 'forwarder' | 'management',
): Promise<ReadConfig & Pick<FoundConfig, 'unreadable'>> {
  let text: string
  try {
    text = await readText()
  } catch (error) {
    const unreadable = `${name}: ${explainRead(error)}`
    return { config: noConfig, faults: [unreadable], unreadable }
  }
  const { readYaml, readYamlConfig } = await import('./read-yaml-config.ts')
  const yaml = readYaml(text)
  // Both take long with thousands of routes, and a reload should not keep requests waiting for the sum.
  await setImmediate()
  return readYamlConfig(name, text, reader, yaml)
}

/** Finds a byoo.yaml and reads all of it. */
export async function findConfig(
  ...where: Parameters<typeof locateConfig>
): Promise<FoundConfig | undefined> {
  const place = locateConfig(...where)
  return place && { ...place, ...(await readPlace(place, 'management')) }
}

/** The byoo.yaml in a folder. */
export function fileIn(folder: string): string | undefined {
  return fileNames.map((name) => join(folder, name)).find((path) => existsSync(path))
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
  return above.map(fileIn).find((path) => path !== undefined)
}
