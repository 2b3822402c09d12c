import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import * as z from 'zod/mini'
import { slugPattern } from '../../config/config.ts'
import { explainRead } from '../../config/explain-read.ts'
import { suggestion } from '../../config/fault.ts'
import { givenOptions } from '../../config/given-options.ts'
import { readUrlTemplate } from '../../config/url.ts'
import { ByooError } from '../../errors.ts'
import { type Case, groups } from '../../verify/cases/case.ts'
import { cases } from '../../verify/cases/cases.ts'
import type { Session } from '../session.ts'

function number(maximum: number) {
  const rule = `must be a whole number from 1 to ${maximum}`
  return z.pipe(
    z.string().check(z.refine((text) => /^[1-9]\d{0,3}$/.test(text) && Number(text) <= maximum, rule)),
    z.transform((text) => Number(text)),
  )
}

const schema = z.object({
  provider: z.optional(z.string().check(z.regex(slugPattern, 'must be a provider slug'))),
  target: z.optional(
    z.string().check(
      z.check((context) => {
        const { faults } = readUrlTemplate(context.value)
        if (faults.length > 0) {
          context.issues.push({ code: 'custom', input: context.value, message: faults.join('; ') })
        }
      }),
    ),
  ),
  only: z.optional(z.string()),
  skip: z.optional(z.string()),
  rate: z._default(number(1000), 20),
  concurrency: z._default(number(100), 4),
  caFile: z.optional(z.string()),
  timeout: z.optional(number(9999)),
})

/** An address to connect to instead of asking the name service. */
export interface Resolution {
  readonly host: string
  readonly port: number
  readonly address: string
}

/** The options of `byoo verify` that are its own. */
export interface VerifyFlags {
  readonly provider: string | undefined
  readonly target: string | undefined
  readonly cases: readonly Case[]
  readonly strict: boolean
  readonly list: boolean
  readonly rate: number
  readonly concurrency: number
  readonly authorities: Buffer | undefined
  readonly resolutions: readonly Resolution[]
  /** In milliseconds. */
  readonly timeout: number | undefined
}

/** Reads flags and `BYOO_…` variables; all faults at once. */
export function readVerifyFlags({ flags, context }: Session): VerifyFlags {
  const names = Object.keys(schema.shape) as (keyof typeof schema.shape)[]
  const given = givenOptions(names, flags, context.env)
  const input = Object.fromEntries(Object.entries(given).map(([name, { value }]) => [name, value]))
  const parsed = schema.safeParse(input)
  const faults: string[] = []
  const sourceOf = (name: keyof typeof schema.shape) => given[name]?.source ?? `--${name}`
  for (const { path, message } of parsed.error?.issues ?? []) {
    faults.push(`${sourceOf(path[0] as keyof typeof schema.shape)}: ${message}`)
  }
  const { provider, target, only, skip, rate = 20, concurrency = 4, caFile, timeout } = parsed.data ?? {}
  const named = (name: 'only' | 'skip', list: string | undefined) => {
    const { found, fault } = readCaseList(list)
    if (fault) faults.push(`${sourceOf(name)}: ${fault}`)
    return found
  }
  const wanted = named('only', only)
  const unwanted = named('skip', skip)
  const asked = cases.filter(
    (each) =>
      (only === undefined || wanted.includes(each)) && (skip === undefined || !unwanted.includes(each)),
  )
  if (faults.length === 0 && asked.length === 0) faults.push('--only and --skip leave no case')

  const resolutions = ((flags.resolve as readonly string[] | undefined) ?? []).flatMap((entry) => {
    const resolution = readResolution(entry)
    if (!resolution) faults.push(`--resolve: ${JSON.stringify(entry)} must be host:port:address`)
    return resolution ? [resolution] : []
  })
  let authorities: Buffer | undefined
  if (caFile !== undefined) {
    try {
      authorities = readFileSync(resolve(context.directory, caFile))
      if (!authorities.includes('-----BEGIN CERTIFICATE-----')) {
        faults.push(`${sourceOf('caFile')}: ${JSON.stringify(caFile)} holds no PEM certificate`)
      }
    } catch (error) {
      const reason = explainRead((error as NodeJS.ErrnoException).code)
      faults.push(`${sourceOf('caFile')}: ${JSON.stringify(caFile)} ${reason}`)
    }
  }
  if (faults.length > 0) throw new ByooError('usage', faults.join('\n'))
  return {
    provider,
    target,
    cases: asked,
    strict: flags.strict === true,
    list: flags.list === true,
    rate,
    concurrency,
    authorities,
    resolutions,
    timeout: timeout === undefined ? undefined : timeout * 1000,
  }
}

function readCaseList(list: string | undefined): { found: readonly Case[]; fault: string | undefined } {
  const names = (list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  const known = [...groups, ...cases.map(({ id }) => id)]
  const unknown = names.filter((name) => !known.includes(name))
  const fault =
    unknown.length === 0
      ? undefined
      : `there is no case ${unknown.map((name) => `"${name}"${suggestion(name, known)}`).join(', ')}: byoo verify --list shows them`
  return { found: cases.filter(({ id, group }) => names.includes(id) || names.includes(group)), fault }
}

/** `host:port:address`, either in brackets when it is an IPv6 address. */
function readResolution(entry: string): Resolution | undefined {
  const [, host = '', port = '', address = ''] = /^(\[[^\]]+\]|[^:[\]]+):(\d{1,5}):(.+)$/.exec(entry) ?? []
  const plain = (text: string) => text.replace(/^\[|\]$/g, '').toLowerCase()
  if (isIP(plain(address)) === 0) return undefined
  return { host: plain(host), port: Number(port), address: plain(address) }
}
