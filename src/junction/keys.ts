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
  checkCharacters(key, source)
  const kind = keyKind(key)
  if (kind.kind === 'team') {
    throw wrongKey(
      `${source} is a team API key (${kind.environment}), and a management key is needed`,
      'make a management key in the Junction dashboard; it starts with "mg_"',
    )
  }
  if (kind.kind === 'unknown') {
    throw wrongKey(
      `${source} is not a management key: those start with "mg_"`,
      'copy the whole key from the Junction dashboard, or make a new one',
    )
  }
}

/** Fails with `wrong_key` unless it can be a team API key of this environment. */
export function checkTeamKey(key: string, source: string, environment: JunctionEnvironment): void {
  checkCharacters(key, source)
  const kind = keyKind(key)
  const hint = `use the team API key of ${environment}; it starts with "${teamKeyPrefix(environment)}"`
  if (kind.kind === 'management') {
    throw wrongKey(`${source} is a management key, and a team API key is needed`, hint)
  }
  if (kind.kind === 'unknown') throw wrongKey(`${source} is not a team API key`, hint)
  if (kind.environment !== environment) {
    throw wrongKey(`${source} is a team API key for ${kind.environment}, not for ${environment}`, hint)
  }
}

function checkCharacters(key: string, source: string): void {
  if (key === '') throw wrongKey(`${source} is empty`, 'give the whole key')
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw wrongKey(
      `${source} contains white space, a control character or a character outside ASCII, as no key does`,
      'copy it again, without quotes or line breaks',
    )
  }
}

function wrongKey(message: string, hint: string): ByooError {
  return new ByooError('wrong_key', message, { hint })
}
