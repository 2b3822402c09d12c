import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { narrowRoutes } from '../../config/callback.ts'
import type { ForwarderConfig } from '../../config/config.ts'
import { type Bound, explainRead, readFileOrPipe } from '../../config/read-file.ts'
import { ByooError, usageError } from '../../errors.ts'
import { createPlan, type ExportedFile, hashOf } from '../../export/plan.ts'
import { refusedTargets, type Target, targets } from '../../export/targets.ts'
import type { JunctionEnvironment } from '../../junction/environments.ts'
import { table } from '../../output/layout.ts'
import { printable } from '../../output/printable.ts'
import { shellWord } from '../../output/shell.ts'
import type { Style } from '../../output/style.ts'
import { suggestion } from '../../suggestion.ts'
import { type Call, defineCommand, flag, option } from '../command.ts'
import { openWorkspace, retypedCommand, targetOptions } from '../resolve/workspace.ts'

type ExportData =
  | { readonly targets: readonly Pick<Target, 'name' | 'proxy' | 'summary' | 'tested'>[] }
  | { readonly target: string; readonly routes_hash: string; readonly files: readonly ExportedFile[] }
  | { readonly target: string; readonly written: readonly string[] }
  | { readonly target: string; readonly file: string; readonly stale: boolean }

const options = {
  ...targetOptions,
  proxy: flag('--proxy', 'byoo behind that server, instead of the redirect in it'),
  host: option('--host <name>', 'only the routes of this host'),
  withoutShared: flag('--without-shared', 'leave out routes with "otherwise"'),
  output: option('--output <folder>', 'write files into this folder instead of to stdout'),
  force: flag('--force', 'with --output: overwrite files'),
  check: option(
    '--check <file>',
    'say whether this file was made from the routes of today; 7 when it was not',
  ),
}

/** `byoo export` */
export const command = defineCommand({
  description:
    'Writes the routes of byoo.yaml for a server, an edge or a platform that runs already. Without a target it lists ' +
    'the targets. The first lines of each output say how to install it and how to prove it.',
  examples: [
    'byoo export',
    'byoo export nginx --output nginx',
    'byoo export haproxy --proxy',
    'byoo export nginx --check /etc/nginx/byoo-http.conf',
  ],
  operands: [['[target]', 'such as nginx, cloudflare or kubernetes']],
  options,
  run,
  verbatim: true,
  text,
  exitCode: (data) => ('stale' in data && data.stale ? 7 : 0),
})

async function run(call: Call<typeof options>): Promise<ExportData> {
  const { options: given, session } = call
  const [name] = call.operands
  const { directory } = session.context
  if (name === undefined) {
    return {
      targets: targets.map(({ name, proxy, summary, tested }) => ({ name, proxy, summary, tested })),
    }
  }
  const target = findTarget(name, given.proxy)
  const { file, environments, argv } = await openWorkspace(call)
  if (!file)
    throw new ByooError('configuration', 'there is no byoo.yaml to export', { hint: 'run byoo init' })
  const config = selectRoutes(file.config, file.name, environments, given)
  const typed = target.proxy ? `${name} --proxy` : name
  const plan = createPlan(typed, file.name, config)
  if (given.check !== undefined) {
    const reading = readFileOrPipe(resolve(directory, given.check), exportBound)
    const bytes = await reading.catch((cause) => {
      throw new ByooError('configuration', `${given.check}: ${explainRead(cause)}`, { cause })
    })
    const hash = hashOf(bytes.toString('utf8'))
    if (hash === undefined)
      throw usageError(`${given.check} has no line "routes: sha256 …": byoo did not write it`)
    return { target: typed, file: given.check, stale: hash !== plan.hash }
  }
  const faults = target.cannot(plan)
  if (faults.length > 0) {
    throw new ByooError('configuration', [`${typed} cannot express:`, ...faults].join('\n  '), {
      hint: config.routes.some(({ otherwise }) => otherwise !== undefined)
        ? `nothing was written; leave shared routes out with\n${retypedCommand([...argv, '--without-shared'], {})}`
        : 'nothing was written; choose another target, or other routes with --host or --environment',
    })
  }
  const files = await target.print(plan)
  if (given.output === undefined) return { target: typed, routes_hash: plan.hash, files }
  write(resolve(directory, given.output), files, given.force)
  return { target: typed, written: files.map((each) => join(given.output ?? '', each.name)) }
}

function findTarget(name: string, proxy: boolean): Target {
  const named = targets.filter((target) => target.name === name)
  const target = named.find((each) => each.proxy === proxy)
  if (target) return target
  if (named.length > 0) {
    const able = targets.filter((each) => each.proxy).map((each) => each.name)
    throw usageError(`${name} has no --proxy`, `these have: ${able.join(', ')}`)
  }
  const reason = Object.hasOwn(refusedTargets, name) ? refusedTargets[name] : undefined
  if (reason) throw usageError(`byoo writes nothing for ${name}: ${reason}`)
  const names = [...new Set(targets.map((each) => each.name))]
  throw usageError(
    `${JSON.stringify(printable(name, 64))} is not a target${suggestion(name, names)}`,
    'byoo export lists the targets',
  )
}

function selectRoutes(
  config: ForwarderConfig,
  name: string,
  environments: readonly JunctionEnvironment[] | undefined,
  { host, withoutShared }: Call<typeof options>['options'],
): ForwarderConfig {
  const routes = narrowRoutes(config.routes, environments).filter(
    (route) =>
      (host === undefined || route.host === host.toLowerCase()) &&
      !(withoutShared && route.otherwise !== undefined),
  )
  if (routes.length > 0) return { ...config, routes }
  const known = [...new Set(config.routes.map((route) => route.host))].join(', ')
  throw usageError(`${name} has no such route`, known ? `its hosts are ${known}` : 'add a route to it')
}

function text(data: ExportData, style: Style): string {
  if ('targets' in data) {
    const rows = data.targets.map(({ name, proxy, summary, tested }) => [
      proxy ? `${name} --proxy` : name,
      summary,
      tested,
    ])
    return `${table(['TARGET', 'WHAT IT IS', 'PROOF'], rows, style)}\nbyoo export <target> writes one to stdout.\n`
  }
  if ('files' in data) {
    const separator = data.files.every(({ name }) => name.endsWith('.yaml')) ? '---\n' : '\n'
    return data.files.map((file) => file.text).join(separator)
  }
  if ('written' in data) {
    return data.written.map((path) => `${style.green('Wrote')} ${path}\n`).join('')
  }
  return data.stale
    ? `${style.red('Stale:')} ${data.file} was made from other routes. Export it again: byoo export ${data.target}\n`
    : `${data.file} was made from the routes of today. What is live: byoo verify\n`
}

/** Thousands of routes fill a tenth of it. */
const exportBound: Bound = { octets: 16_000_000, shown: '16 MB' }

/** Writes all files or none; what is there stays until everything new is on the disk. */
function write(folder: string, files: readonly ExportedFile[], force: boolean): void {
  const there = files.filter(({ name }) => existsSync(join(folder, name))).map(({ name }) => name)
  if (there.length > 0 && !force) {
    throw usageError(
      `${folder} has ${there.join(' and ')} already, and nothing was written`,
      'add --force to overwrite, or choose another folder',
    )
  }
  const drafts: [draft: string, path: string][] = []
  try {
    mkdirSync(folder, { recursive: true })
    for (const { name, text } of files) {
      const path = join(folder, name)
      if (existsSync(path)) closeSync(openSync(path, 'r+'))
      const draft = join(folder, `.${name}.new`)
      writeFileSync(draft, text)
      drafts.push([draft, path])
    }
    for (const [draft, path] of drafts) renameSync(draft, path)
  } catch (error) {
    for (const [draft] of drafts) rmSync(draft, { force: true })
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    throw new ByooError('configuration', `cannot write to ${shellWord(folder)} (${code})`, {
      cause: error,
      hint: 'choose a folder that you may write to with --output',
    })
  }
}
