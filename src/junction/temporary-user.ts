import { randomUUID } from 'node:crypto'
import { ByooError } from '../errors.ts'
import type { Link } from './link.ts'

/** A user that could not be deleted. */
export interface KeptUser {
  readonly userId: string
  readonly problem: Error
}

/** Users that exist only while links are made for them. */
export type TemporaryUsers = ReturnType<typeof createTemporaryUsers>

/**
 * `client` must not be cancelled by Ctrl-C: a creation that is cut off leaves a user whose id nobody knows.
 * `purpose` is part of the user's name, for whoever finds it in the dashboard.
 */
export function createTemporaryUsers(purpose: string, client: () => Promise<Link>) {
  const creations: Promise<string>[] = []
  return {
    /** Creates one and returns its id. Fails with Junction's error; its hint says when a user may exist all the same. */
    create: () => {
      const creation = createUser(`byoo-${purpose}-${randomUUID()}`, client)
      creations.push(creation)
      return creation
    },
    /** Deletes all of them, also those that are still being created. Never fails: returns those that are left. */
    remove: async () => {
      const settled = await Promise.allSettled(creations)
      const created = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      const kept = await Promise.all(created.map((userId) => deleteUser(userId, client)))
      return kept.flat()
    },
  }
}

async function createUser(name: string, client: () => Promise<Link>): Promise<string> {
  try {
    return (await (await client()).createUser(name)).user_id
  } catch (error) {
    if (!(error instanceof ByooError) || !error.mayHaveTakenEffect) throw error
    throw error.withAdvice(
      `it may have been created all the same: look for "${name}" in the Junction dashboard and delete it`,
    )
  }
}

async function deleteUser(userId: string, client: () => Promise<Link>): Promise<KeptUser[]> {
  try {
    await (await client()).deleteUser(userId)
    return []
  } catch (error) {
    if (error instanceof ByooError && error.code === 'not_found') return []
    return [{ userId, problem: error instanceof Error ? error : new Error(String(error)) }]
  }
}
