import * as z from 'zod/mini'
import { detailsSchema, withRedirectUri } from '../junction/details.ts'
import { providers } from '../junction/providers.ts'
import type { SecretReference } from './config.ts'
import { type Fault, fields, toFaults, unknownKey } from './issues.ts'

/** Where a secret is kept. A file's path is relative to byoo.yaml. */
export const secretReference = z.union(
  [
    z.strictObject({ file: z.string().check(z.regex(/^(?!-$)./, 'must be a path')) }),
    z.strictObject({
      env: z
        .string()
        .check(z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a variable's name: letters, digits and _")),
    }),
  ],
  'must say where the secret is kept, not what it is: {file: <path>} or {env: <variable name>}',
)

/** Takes a secret's place while `details` are checked. */
const standIn = 'a secret stands here'
/** Takes the place of the redirect URI, which the route tells. */
const standInUrl = 'https://example.com/'

/** A copy of `details` in which every secret reference is replaced. */
export function replaceReferences(
  details: Readonly<Record<string, unknown>>,
  replacement: (reference: SecretReference, path: readonly string[]) => unknown,
  path: readonly string[] = [],
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(details).map(([key, item]) => {
      const here = [...path, key]
      const reference = secretReference.safeParse(item)
      if (reference.success) return [key, replacement(reference.data, here)]
      const deeper = item !== null && typeof item === 'object' && !Array.isArray(item)
      return [key, deeper ? replaceReferences(fields(item), replacement, here) : item]
    }),
  )
}

/** What is wrong with the `details` of a provider in byoo.yaml: its shape, and secrets that stand in clear. */
export function detailFaults(provider: string, details: Readonly<Record<string, unknown>>): Fault[] {
  const referred = new Set<string>()
  const complete = replaceReferences(details, (_, path) => {
    referred.add(path.join('.'))
    return standIn
  })
  const faults = shapeFaults(provider, complete)
  for (const { name, secret } of providers.find(({ slug }) => slug === provider)?.details ?? []) {
    const path = name.split('.')
    const value = path.reduce<unknown>((found, key) => fields(found)[key], complete)
    if (secret && value !== undefined && value !== null && !referred.has(name)) {
      faults.push({
        path,
        message: 'is a secret: say where it is kept instead, {file: <path>} or {env: <variable name>}',
      })
    }
    if (!secret && referred.has(name))
      faults.push({ path, message: 'is not a secret: write it here as it is' })
  }
  return faults
}

/** What is wrong with `details`; a redirect URI that they leave out is filled in later. */
export function shapeFaults(provider: string, details: unknown): Fault[] {
  const schema = detailsSchema(provider)
  if (!schema) return [{ path: [], message: `must be left out: ${provider} takes none` }]
  const isMapping = details !== null && typeof details === 'object' && !Array.isArray(details)
  const complete = isMapping ? withRedirectUri(provider, fields(details), standInUrl) : details
  const parsed = schema.safeParse(complete, { reportInput: true })
  if (parsed.success) return []
  const names = providers.find(({ slug }) => slug === provider)?.details.map(({ name }) => name) ?? []
  return toFaults(parsed.error.issues, (key, path) => unknownKey(key, keysBelow(names, path)))
}

/** `workout_verify_token`, … below `fitbit`. */
function keysBelow(names: readonly string[], path: readonly PropertyKey[]): string[] {
  const above = path.map((key) => `${String(key)}.`).join('')
  const keys = names
    .filter((name) => name.startsWith(above))
    .map((name) => name.slice(above.length).split('.')[0] ?? '')
  return [...new Set(keys)]
}
