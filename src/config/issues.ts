import type * as z from 'zod/mini'
import { parseEnvironment } from '../junction/environments.ts'
import { suggestion } from '../suggestion.ts'

/** One thing that is wrong in a configuration: where, as keys from the top, and what to do about it. */
export interface Fault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

export type Checked = Parameters<z.core.CheckFn<unknown>>[0]

/** What is wrong with a key that may not stand at a path, in words; `siblings` is the mapping that it stands in. */
type DescribeUnknownKey = (
  key: string,
  path: readonly PropertyKey[],
  siblings: Readonly<Record<string, unknown>>,
) => string

/** Turns zod's issues into faults that a person can act on. */
export function toFaults(
  issues: readonly z.core.$ZodIssue[],
  describeUnknownKey: DescribeUnknownKey = (key) => unknownKey(key, []),
): Fault[] {
  return issues.flatMap((issue) => {
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => ({
          path: [...issue.path, key],
          message: describeUnknownKey(key, issue.path, fields(issue.input)),
        }))
      case 'invalid_value':
        if (issue.values.some((value) => value === 'production/us')) {
          return { path: issue.path, message: environmentFault(issue.input) }
        }
        return { path: issue.path, message: `${oneOf(issue.values)}${nearMiss(issue.input, issue.values)}` }
      case 'invalid_type':
        return { path: issue.path, message: typeMessage(issue.expected, issue.input) }
      default:
        return { path: issue.path, message: issue.message }
    }
  })
}

/** The fault of a key that is none of the allowed ones. */
export function unknownKey(key: string, allowed: readonly string[]): string {
  const choices = allowed.length > 0 ? `; allowed here: ${allowed.join(', ')}` : ''
  return `is not a known key${suggestion(key, allowed)}${choices}`
}

/** `routes[1].url` for `['routes', 1, 'url']`. */
export function dotted(path: readonly PropertyKey[]): string {
  return path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`
      if (looksLikeSecret(String(key))) return '[…]'
      return /^\w+$/.test(String(key)) ? `.${String(key)}` : `[${JSON.stringify(key)}]`
    })
    .join('')
    .replace(/^\./, '')
}

/** Adds faults of our own to those that zod collects. */
export function faultsOf({ issues, value: input }: Checked) {
  return (path: PropertyKey[], message: string) => {
    issues.push({ code: 'custom', input, message, path })
  }
}

/** The fields of a mapping that has not been validated; none when it is something else. */
export function fields(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
}

function environmentFault(input: unknown): string {
  return parseEnvironment(typeof input === 'string' ? input : '').fault ?? 'is no environment'
}

function oneOf(values: readonly unknown[]): string {
  const quoted = values.map((value) => JSON.stringify(value))
  return quoted.length > 2 ? `must be one of ${quoted.join(', ')}` : `must be ${quoted.join(' or ')}`
}

function nearMiss(input: unknown, values: readonly unknown[]): string {
  if (typeof input !== 'string' || looksLikeSecret(input)) return ''
  return `, not ${JSON.stringify(input.slice(0, 40))}${suggestion(input, values.map(String))}`
}

function typeMessage(expected: string, input: unknown): string {
  if (input === undefined) return 'is missing'
  if (expected === 'string' && typeof input === 'number') {
    return 'must be text: put it between quotes, or YAML reads it as a number'
  }
  if (expected === 'array' && typeof input === 'string') return 'must be a list: put it between [ and ]'
  const kinds: Record<string, string> = {
    string: 'text',
    array: 'a list',
    object: 'a mapping',
    record: 'a mapping',
  }
  return `must be ${kinds[expected] ?? `a ${expected}`}`
}

/** Shapes that nothing but a secret has: Junction's keys, Google's client secrets, private keys, signed tokens. */
const shapes = [
  /(?:^|[^a-z0-9])(?:mg|[ps]k_(?:us|eu))_[\w-]{8,}/i,
  /GOCSPX-[\w-]{10,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/,
  /^\s*(?:Bearer|Basic)\s+\S{8,}/i,
]

/** Is this text, by its shape alone, something that must not stand in a file under version control? */
function looksLikeSecret(text: string): boolean {
  return shapes.some((shape) => shape.test(text))
}

/** Paths of every text in a parsed document that looks like a secret, keys included. */
export function secretLookingPaths(value: unknown, path: readonly PropertyKey[] = []): PropertyKey[][] {
  if (typeof value === 'string') return looksLikeSecret(value) ? [[...path]] : []
  if (value === null || typeof value !== 'object') return []
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return entries.flatMap(([key, item]) => {
    const here = [...path, key]
    if (typeof key === 'string' && looksLikeSecret(key)) return [here]
    return secretLookingPaths(item, here)
  })
}
