import * as z from 'zod/mini'
import type { JunctionEnvironment } from '../../junction/environments.ts'
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
  return junction.users[environment].filter(({ team_id }) => teams.some(({ id }) => id === team_id))
}

/** Ends a call; the detail is in the shape that a framework gives to an error of its own. */
export function refuse(status: number, detail: string | Readonly<Record<string, unknown>>): never {
  throw new Refusal({ status, body: { detail } })
}

export const text = z.string('Input should be a valid string')
export const uuid = z.guid('Input should be a valid UUID').check(z.toLowerCase())

/** One of these. */
export function oneOf<const Value extends string>(values: readonly Value[]) {
  return z.enum(values, `Input should be one of ${values.join(', ')}`)
}

/** What was sent in a place of the request; refuses a call with a 422 that repeats what is wrong, secrets included. */
export function check<Schema extends z.ZodMiniType>(
  place: 'path' | 'query' | 'body',
  given: unknown,
  schema: Schema,
): z.output<Schema> {
  const checked = schema.safeParse(given, { reportInput: true })
  if (checked.success) return checked.data
  const detail = checked.error.issues.map(({ path, code, message, input }) => {
    const fault =
      input === undefined ? { msg: 'Field required', type: 'missing' } : { msg: message, type: code }
    return { loc: [place, ...path], ...fault, input: input ?? given }
  })
  throw new Refusal({ status: 422, body: { detail } })
}
