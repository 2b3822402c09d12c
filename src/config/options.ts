import type * as z from 'zod/mini'
import {
  environments,
  type JunctionEnvironment,
  junctionEnvironments,
  parseEnvironment,
  regions,
  splitEnvironment,
} from '../junction/environments.ts'
import { suggestion } from '../suggestion.ts'
import { toFaults } from './issues.ts'

/** A text, and the flag, variable or file that it came from. */
export interface Sourced {
  readonly value: string
  readonly source: string
}

/** Options as text, by commander's camel-case name. */
export type GivenOptions<Name extends string> = Partial<Record<Name, Sourced>>

/** Checks the text of one option and turns it into a value, as a schema of zod does. */
export interface OptionSchema<Value> {
  safeParse(
    text: unknown,
    context?: { reportInput: boolean },
  ):
    | { readonly success: true; readonly data: Value }
    | { readonly success: false; readonly error: { readonly issues: readonly z.core.$ZodIssue[] } }
}

/** Merges flags with environment variables: `--max-target`, else `BYOO_MAX_TARGET`. An empty variable counts as unset. */
export function givenOptions<Name extends string>(
  names: readonly Name[],
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): GivenOptions<Name> {
  const given: GivenOptions<Name> = {}
  for (const name of names) {
    const words = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    const variable = `BYOO_${words.replaceAll('-', '_').toUpperCase()}`
    const flag = flags[name]
    if (typeof flag === 'string' || flag === true) {
      given[name] = { value: String(flag), source: `--${words}` }
    } else if (env[variable]) given[name] = { value: env[variable], source: variable }
  }
  return given
}

/** Checks options that were given; each fault names the flag or variable it came from. */
export function readOptions<Values extends object>(
  schemas: { readonly [Name in keyof Values]: OptionSchema<Values[Name]> },
  given: GivenOptions<string>,
): { readonly values: Partial<Values>; readonly faults: string[] } {
  const values: Partial<Values> = {}
  const faults: string[] = []
  for (const name of Object.keys(schemas) as (keyof Values & string)[]) {
    const found = given[name]
    if (!found) continue
    const parsed = schemas[name].safeParse(found.value, { reportInput: true })
    if (parsed.success) values[name] = parsed.data
    else faults.push(...toFaults(parsed.error.issues).map(({ message }) => `${found.source}: ${message}`))
  }
  return { values, faults }
}

/** Text as `read` takes it, unless `faultOf` finds something wrong with it. */
export function textSchema<Value>(
  faultOf: (text: string) => string | undefined,
  read: (text: string) => Value,
): OptionSchema<Value> {
  return {
    safeParse: (input) => {
      const message = faultOf(String(input))
      if (!message) return { success: true, data: read(String(input)) }
      return { success: false, error: { issues: [{ code: 'custom', path: [], message, input }] } }
    },
  }
}

/** A whole number within bounds. */
export function wholeNumber(minimum: number, maximum: number): OptionSchema<number> {
  const fits = (text: string) => /^\d+$/.test(text) && Number(text) >= minimum && Number(text) <= maximum
  const fault = `must be a whole number from ${minimum} to ${maximum}`
  return textSchema((text) => (fits(text) ? undefined : fault), Number)
}

/** The words of a text, with commas between. */
export function commaSeparated(text: string): string[] {
  return text.split(',').flatMap((word) => word.trim() || [])
}

/** An option that takes several words, with commas between. */
export const listSchema = textSchema((text) => {
  const words = commaSeparated(text)
  if (words.length === text.split(',').length) return undefined
  return words.length === 0 ? 'is empty' : `has a comma too many: write ${words.join(',')}`
}, commaSeparated)

const on = ['1', 'true', 'yes']
const off = ['0', 'false', 'no']

/** An option that is on or off; its variable is 1 or 0. */
export const switchSchema = textSchema(
  (text) => ([...on, ...off].includes(text.toLowerCase()) ? undefined : 'must be 1 or 0'),
  (text) => on.includes(text.toLowerCase()),
)

/**
 * The environments that `--environment` and `--region` leave; undefined when neither is given. `--environment` is
 * `production/us`, or `production` with or without a `--region`. A flag that names both outranks `BYOO_REGION`.
 */
export function readEnvironmentOptions({ environment, region }: GivenOptions<'environment' | 'region'>): {
  readonly environments: readonly JunctionEnvironment[] | undefined
  readonly faults: readonly string[]
} {
  if (!environment && !region) return { environments: undefined, faults: [] }
  const faults: string[] = []
  const isWord = environments.some((name) => name === environment?.value)
  const whole = environment && !isWord ? parseEnvironment(environment.value) : undefined
  if (whole?.fault) faults.push(`${environment?.source}: ${whole.fault}`)
  const isFlag = environment?.source.startsWith('--') === true
  const outranked = whole?.environment !== undefined && isFlag && region?.source.startsWith('--') === false
  const counts = region !== undefined && !outranked
  if (counts && !regions.some((name) => name === region.value)) {
    faults.push(`${region.source}: must be us or eu${suggestion(region.value, regions)}`)
  } else if (counts && whole?.environment && splitEnvironment(whole.environment).region !== region.value) {
    faults.push(
      `${environment?.source} is ${whole.environment} and ${region.source} is ${region.value}: leave out ${region.source}`,
    )
  }
  const left = junctionEnvironments.filter((name) => {
    const parts = splitEnvironment(name)
    return (
      (whole === undefined || whole.environment === name) &&
      (!isWord || parts.environment === environment?.value) &&
      (!counts || parts.region === region.value)
    )
  })
  return { environments: faults.length === 0 ? left : undefined, faults }
}
