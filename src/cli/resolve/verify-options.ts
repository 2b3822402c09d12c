import { isIP } from 'node:net'
import { resolve } from 'node:path'
import * as z from 'zod/mini'
import { slugPattern } from '../../config/config.ts'
import { explainRead, fileBound, readFileOrPipe } from '../../config/read-file.ts'
import { readUrlTemplate } from '../../config/url.ts'
import { usageError } from '../../errors.ts'
import { suggestion } from '../../suggestion.ts'
import { type Case, cases, groups } from '../../verify/cases.ts'
import { flag, option, repeatable } from '../command.ts'

/** Text that `faultsOf` finds nothing wrong with. */
function checked(faultsOf: (text: string) => readonly string[]) {
  return z.string().check(
    z.check((context) => {
      const faults = faultsOf(context.value)
      if (faults.length > 0) {
        context.issues.push({ code: 'custom', input: context.value, message: faults.join('; ') })
      }
    }),
  )
}

function number(maximum: number) {
  const rule = `must be a whole number from 1 to ${maximum}`
  return z.pipe(
    checked((text) => (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= maximum ? [] : [rule])),
    z.transform((text) => Number(text)),
  )
}

const urlTemplate = checked((text) => readUrlTemplate(text).faults)

const caseIds = [...groups, ...cases.map(({ id }) => id)]

/** Cases by their ids or groups. */
const caseList = z.pipe(
  checked((text) => {
    const unknown = listed(text).filter((name) => !caseIds.includes(name))
    const named = unknown.map((name) => `"${name}"${suggestion(name, caseIds)}`)
    return named.length === 0 ? [] : [`there is no case ${named.join(', ')}: byoo verify --list shows them`]
  }),
  z.transform((text): readonly Case[] =>
    cases.filter(({ id, group }) => listed(text).includes(id) || listed(text).includes(group)),
  ),
)

const resolutions = z.pipe(
  checked((text) =>
    listed(text)
      .filter((entry) => readResolution(entry) === undefined)
      .map((entry) => `${JSON.stringify(entry)} must be host:port:address`),
  ),
  z.transform((text) => listed(text).flatMap((entry) => readResolution(entry) ?? [])),
)

/** How endpoints are asked; `byoo doctor` has these too. */
export const askingOptions = {
  rate: option('--rate <number>', 'requests a second (default: 20)', number(1000), 20),
  concurrency: option('--concurrency <number>', 'requests at once (default: 4)', number(100), 4),
  caFile: option('--ca-file <file>', 'trust these authorities too (PEM)'),
}

/** The options of `byoo verify` that are its own. */
export const verifyOptions = {
  provider: option(
    '--provider <slug>',
    'ask for this provider (default: strava)',
    checked((text) => (slugPattern.test(text) ? [] : ['must be a provider slug'])),
  ),
  target: option('--target <url>', 'where users must be sent, when that is not Junction', urlTemplate),
  otherwise: option(
    '--otherwise <url>',
    'where users must be sent whose state is not that of a login in --environment',
    urlTemplate,
  ),
  only: option('--only <ids>', 'these cases or groups only, comma-separated', caseList),
  skip: option('--skip <ids>', 'not these cases or groups', caseList),
  list: flag('--list', 'show the cases and send nothing'),
  strict: flag('--strict', 'exact and hardened cases count too'),
  ...askingOptions,
  resolve: repeatable(
    '--resolve <host:port:address>',
    'connect to this address instead; may be repeated',
    resolutions,
    [],
  ),
}

/** The certificates of `--ca-file`. */
export async function readAuthorities(
  caFile: { readonly value: string; readonly source: string } | undefined,
  directory: string,
): Promise<Buffer | undefined> {
  if (caFile === undefined) return undefined
  const shown = `${caFile.source}: ${JSON.stringify(caFile.value)}`
  let authorities: Buffer
  try {
    authorities = await readFileOrPipe(resolve(directory, caFile.value), fileBound)
  } catch (error) {
    throw usageError(`${shown} ${explainRead(error)}`)
  }
  if (authorities.includes('-----BEGIN CERTIFICATE-----')) return authorities
  throw usageError(`${shown} holds no PEM certificate`)
}

/** An address to connect to instead of asking the name service. */
interface Resolution {
  readonly host: string
  readonly port: number
  readonly address: string
}

function listed(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
}

/** `host:port:address`, either in brackets when it is an IPv6 address. */
function readResolution(entry: string): Resolution | undefined {
  const [, host = '', port = '', address = ''] = /^(\[[^\]]+\]|[^:[\]]+):(\d{1,5}):(.+)$/.exec(entry) ?? []
  const plain = (text: string) => text.replace(/^\[|\]$/g, '').toLowerCase()
  if (isIP(plain(address)) === 0) return undefined
  return { host: plain(host), port: Number(port), address: plain(address) }
}
