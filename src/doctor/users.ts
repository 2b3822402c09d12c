import { randomUUID } from 'node:crypto'
import { ByooError } from '../errors.ts'
import { attempt, type Outcome } from './facts.ts'
import { type Finding, wrong } from './finding.ts'
import type { LinkService, Services } from './services.ts'
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
  /** A way to the Link API of a place, and a user there; created by the first that wants one. */
  of(place: Place): Promise<Outcome<{ readonly service: LinkService; readonly userId: string }>>
  /** Removes those that were created, also after Ctrl-C; a finding for each that is left. */
  remove(): Promise<Finding[]>
}

export function createUsers({ user, createUser }: Permissions, services: Services): Users {
  const known = new Map<string, ReturnType<Users['of']>>()
  const created: { place: Place; service: LinkService; userId: string }[] = []
  const find = (place: Place): ReturnType<Users['of']> =>
    attempt(async () => {
      if (user === undefined && !createUser) throw new ByooError('usage', 'a link needs a user')
      const service = services.link(place)
      if (user !== undefined) return { service, userId: user }
      const { user_id: userId } = await (await service.lastingLink()).createUser(
        `byoo-doctor-${randomUUID()}`,
      )
      created.push({ place, service, userId })
      return { service, userId }
    })
  return {
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
          const { problem } = await attempt(async () => (await service.lastingLink()).deleteUser(userId))
          if (!problem) return []
          const message = `the user ${userId} in ${combination(place)} could not be removed again: ${problem.message}`
          return [
            wrong('link-user-kept', subjectOfPlace(place), message, {
              advice: 'Remove it: the sandbox holds 50 users.',
              command: services.command(place, 'disconnect', userId, '--delete-user'),
            }),
          ]
        }),
      )
      return left.flat()
    },
  }
}
