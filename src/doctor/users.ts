import { randomUUID } from 'node:crypto'
import { ByooError } from '../errors.ts'
import type { Facts, Outcome } from './facts.ts'
import { type Finding, wrong } from './finding.ts'
import type { LinkService } from './services.ts'
import { combination, type Place, subjectOfPlace } from './subjects.ts'

/** What may be done beyond looking. */
export interface Permissions {
  /** Junction's id of a user to make links for. */
  readonly user?: string | undefined
  /** Make users for the links, and remove them again. */
  readonly createUser?: boolean | undefined
  /** Ask providers, with the address of a link but a made-up state. */
  readonly askProvider?: boolean | undefined
}

/** The users that links are made for. */
export interface Users {
  /** The one that was named. */
  readonly given: string | undefined
  /** A way to the Link API of a place, and a user there; created by the first that wants one. */
  of(place: Place): Promise<Outcome<{ readonly service: LinkService; readonly userId: string }>>
  /** Removes those that were created, also after Ctrl-C; a finding for each that is left. */
  remove(): Promise<Finding[]>
}

/** A user that was made and has to be removed. */
export interface CreatedUser {
  readonly userId: string
  /** The command that removes it, should nobody else get to it. */
  readonly command: string
}

/** Said when nobody allowed to make one. */
export const needsUser = 'a link needs a user'

export function createUsers(
  { user, createUser }: Permissions,
  facts: Facts,
  onUser?: (user: CreatedUser) => void,
): Users {
  const { services } = facts
  const removal = (place: Place, userId: string) =>
    services.command(place, 'disconnect', userId, '--delete-user')
  const known = new Map<string, ReturnType<Users['of']>>()
  const created: { place: Place; service: LinkService; userId: string }[] = []
  const find = async (place: Place): ReturnType<Users['of']> => {
    if (user === undefined && !createUser) return { problem: new ByooError('usage', needsUser) }
    return facts.ask(async () => {
      const service = services.link(place)
      if (user !== undefined) return { service, userId: user }
      const userId = await create(service)
      created.push({ place, service, userId })
      onUser?.({ userId, command: removal(place, userId) })
      return { service, userId }
    })
  }
  return {
    given: user,
    of: (place) => {
      const found = known.get(combination(place)) ?? find(place)
      known.set(combination(place), found)
      return found
    },
    remove: async () => {
      // Whoever is being created now has to be removed as well.
      await Promise.allSettled(known.values())
      const left = await Promise.all(
        created.map(async ({ place, service, userId }) => {
          const { problem } = await facts.ask(async () => (await service.lastingLink()).deleteUser(userId))
          if (!problem || problem.code === 'not_found') return []
          const message = `the user ${userId} in ${combination(place)} could not be removed again: ${problem.message}`
          return [
            wrong('link-user-kept', subjectOfPlace(place), message, {
              advice: 'Remove it: the sandbox holds 50 users.',
              command: removal(place, userId),
            }),
          ]
        }),
      )
      return left.flat()
    },
  }
}

async function create(service: LinkService): Promise<string> {
  // It says what it is when somebody finds it in the dashboard.
  const name = `byoo-doctor-${randomUUID()}`
  try {
    return (await (await service.lastingLink()).createUser(name)).user_id
  } catch (error) {
    if (!(error instanceof ByooError) || !error.mayHaveTakenEffect) throw error
    const hint = `it may have been created all the same: look for "${name}" in the Junction dashboard and delete it`
    throw error.with({ hint })
  }
}
