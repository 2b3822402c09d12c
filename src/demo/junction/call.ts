import type { JunctionEnvironment } from '../../junction/environments.ts'
import { parseUrl } from '../../url.ts'
import { Refusal } from '../answer.ts'
import type { ReceivedRequest } from '../server.ts'
import type { JunctionState, SimulatedTeam, SimulatedUser } from './state.ts'

/** A call of Junction's API, as whoever answers it sees it. */
export interface Call extends ReceivedRequest {
  readonly junction: JunctionState
  /** Of the path; the calls about a team name none. */
  readonly environment: JunctionEnvironment
  /** What the path names, percent-decoded. */
  readonly path: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** The teams that the caller's key opens; none when the call needs no key. */
  readonly teams: readonly SimulatedTeam[]
}

/** The users of the caller's team. */
export function usersOf({ junction, environment, teams }: Call): readonly SimulatedUser[] {
  return junction.users.list(environment).filter(({ team_id }) => teams.some(({ id }) => id === team_id))
}

/** Ends a call; the detail is in the shape that a framework gives to an error of its own. */
export function refuse(status: number, detail: string | Readonly<Record<string, unknown>>): never {
  throw new Refusal({ status, body: { detail } })
}

/** What a value must be, and what a 422 says when it is not. */
interface Check {
  readonly accepts: (value: unknown) => boolean
  readonly msg: string
  readonly type: string
}

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export const present: Check = { accepts: () => true, msg: '', type: '' }
export const text: Check = {
  accepts: (value) => typeof value === 'string',
  msg: 'Input should be a valid string',
  type: 'string_type',
}
export const uuid: Check = {
  accepts: (value) => uuidPattern.test(String(value)),
  msg: 'Input should be a valid UUID',
  type: 'uuid_parsing',
}
export const webUrl: Check = {
  accepts: (value) => /^https?:$/.test(parseUrl(String(value))?.protocol ?? ''),
  msg: 'Input should be a valid URL',
  type: 'url_parsing',
}

/** One of these. */
export function oneOf(values: readonly string[]): Check {
  return {
    accepts: (value) => values.includes(String(value)),
    msg: `Input should be one of ${values.join(', ')}`,
    type: 'enum',
  }
}

/**
 * Refuses a call with a 422 that lists what is missing or wrong in a place of the request, by the field's name (with
 * dots for what is further in). Optional fields may be null. The 422 repeats what was sent, secrets included.
 */
export function check(
  place: 'path' | 'query' | 'body',
  given: unknown,
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Readonly<Record<string, unknown>> {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    const fault = { loc: [place], msg: 'Input should be a valid dictionary', type: 'model_attributes_type' }
    throw new Refusal({ status: 422, body: { detail: [{ ...fault, input: given }] } })
  }
  const faults = Object.entries({ ...optional, ...required }).flatMap(([name, { accepts, msg, type }]) => {
    const loc = [place, ...name.split('.')]
    const value = name.split('.').reduce<unknown>(member, given)
    if (value === undefined) {
      return name in required ? { loc, msg: 'Field required', type: 'missing', input: given } : []
    }
    return accepts(value) || (value === null && name in optional) ? [] : { loc, msg, type, input: value }
  })
  if (faults.length > 0) throw new Refusal({ status: 422, body: { detail: faults } })
  return given as Readonly<Record<string, unknown>>
}

function member(value: unknown, name: string): unknown {
  return (value as Record<string, unknown> | null | undefined)?.[name]
}
