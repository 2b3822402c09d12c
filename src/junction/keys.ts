import { ByooError } from '../errors.ts'
import { type JunctionEnvironment, junctionEnvironments, splitEnvironment } from './environments.ts'

/** What a key's prefix says about it. */
export type KeyKind =
  | { readonly kind: 'management' }
  | { readonly kind: 'team'; readonly environment: JunctionEnvironment }
  | { readonly kind: 'unknown' }

/** What the team API keys of an environment start with. */
export function teamKeyPrefix(environment: JunctionEnvironment): string {
  const { environment: name, region } = splitEnvironment(environment)
  return `${name === 'production' ? 'pk' : 'sk'}_${region}_`
}

/** Tells what a key is for by its prefix. */
export function keyKind(key: string): KeyKind {
  if (key.startsWith('mg_')) return { kind: 'management' }
  const environment = junctionEnvironments.find((name) => key.startsWith(teamKeyPrefix(name)))
  return environment ? { kind: 'team', environment } : { kind: 'unknown' }
}

/** Fails with `wrong_key` unless it can be a management key; `source` says where the key came from. */
export function checkManagementKey(key: string, source: string): void {
  const found = checkCharacters(key, source)
  if (found.kind === 'management') return
  throw wrongKey(
    `${source} is ${kindInWords(found)}, and a management key is needed`,
    'copy the whole key from the Junction dashboard, or make one there; it starts with "mg_"',
  )
}

/** Fails with `wrong_key` unless it can be a team API key of this environment. */
export function checkTeamKey(key: string, source: string, environment: JunctionEnvironment): void {
  const found = checkCharacters(key, source)
  if (found.kind === 'team' && found.environment === environment) return
  throw wrongKey(
    `${source} is ${kindInWords(found)}, and a team API key of ${environment} is needed`,
    `use the team API key of ${environment}; it starts with "${teamKeyPrefix(environment)}"`,
  )
}

function kindInWords(key: KeyKind): string {
  if (key.kind === 'unknown') return 'no key of Junction'
  return key.kind === 'team' ? `a team API key (${key.environment})` : 'a management key'
}

/** Characters that get into a secret by copying, by their names. */
const names: readonly (readonly [characters: RegExp, name: string])[] = [
  [/[\n\r\u2028\u2029]/, 'a line break'],
  [/\p{Cc}/u, 'a control character'],
  [/\u00a0|\u202f/, 'a no-break space'],
  [/\u00ad/, 'a soft hyphen'],
  [/\u200b/, 'a zero-width space'],
  [/\u200c|\u200d|\u2060/, 'an invisible joiner'],
  [/[\u2010-\u2015]/, 'a typographic dash'],
  [/[\u2018-\u201f]/, 'a curly quote'],
  [/\u2026/, 'an ellipsis'],
  [/\ufeff/, 'a byte order mark (BOM)'],
  [/./u, 'a character outside ASCII'],
]

/** What is wrong with a secret (RFC 6749 A.2: %x20-7E), or undefined. Characters count from 1. */
export function secretFault(secret: string): string | undefined {
  if (secret === '') return 'is empty'
  const characters = [...secret]
  if (/^[\t-\r ]/.test(secret)) return 'must not start with white space: see character 1'
  if (/[\t-\r ]$/.test(secret)) return `must not end with white space: see character ${characters.length}`
  const at = characters.findIndex((character) => !/[\x20-\x7e]/.test(character))
  if (at < 0) return undefined
  return `must not contain ${nameOf(characters[at] ?? '')}: see character ${at + 1}`
}

function nameOf(character: string): string {
  const [, name] = names.find(([characters]) => characters.test(character)) ?? []
  const code = `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`
  return character < ' ' ? `${name}` : `${name} (${code})`
}

function checkCharacters(key: string, source: string): KeyKind {
  const space = key.indexOf(' ')
  const fault =
    secretFault(key) ?? (space < 0 ? undefined : `must not contain a space: see character ${space + 1}`)
  if (fault) throw wrongKey(`${source} ${fault}`, 'copy the whole key again, without quotes or line breaks')
  return keyKind(key)
}

function wrongKey(message: string, hint: string): ByooError {
  return new ByooError('wrong_key', message, { hint })
}
