import { ByooError } from '../../errors.ts'
import type { JunctionEnvironment } from '../../junction/environments.ts'
import { createTemporaryUsers, type TemporaryUsers } from '../../junction/temporary-user.ts'
import type { LinkClient } from '../link-client.ts'
import { suggestedCommand } from '../resolve/suggested-command.ts'
import type { Workspace } from '../resolve/workspace.ts'
import type { Session } from '../session.ts'

/** Where a user is created and deleted again. */
export interface UserSite {
  readonly session: Session
  readonly workspace: Workspace
  readonly environment: JunctionEnvironment
  readonly connection: LinkClient
}

/** The command that deletes a user that was created. */
export function cleanUpCommand({ workspace, environment }: UserSite, userId: string): string {
  return suggestedCommand(workspace, environment, 'disconnect', userId, '--delete-user')
}

/**
 * Gives `use` a new user, and deletes it afterwards unless `keeps` says to keep it. Ctrl-C waits for the deletion, and
 * for the creation as well: otherwise nobody would know the id of the user that is left.
 */
export async function withTemporaryUser<Result>(
  site: UserSite,
  use: (userId: string) => Promise<Result>,
  keeps: (result: Result) => boolean,
): Promise<{ readonly result: Result; readonly removed: boolean }> {
  const { session, connection } = site
  const users = createTemporaryUsers('link', () => connection.lastingLink())
  const userId = await session.uninterrupted(session.progress('Creating a user', users.create()))
  let result: Result
  try {
    result = await use(userId)
  } catch (error) {
    const kept = await removeUser(site, users, userId)
    const outcome = kept ?? `the user ${userId}, which was created for this, is deleted again`
    if (session.signal.aborted) throw new ByooError('interrupted', 'interrupted', { hint: outcome })
    throw error instanceof ByooError ? error.withAdvice(outcome) : error
  }
  if (keeps(result)) return { result, removed: false }
  const kept = await removeUser(site, users, userId)
  if (kept !== undefined) session.warn(kept)
  return { result, removed: kept === undefined }
}

/** Says why the user is still there and how to delete it; undefined when it is gone. */
async function removeUser(
  site: UserSite,
  users: TemporaryUsers,
  userId: string,
): Promise<string | undefined> {
  const { session } = site
  const command = cleanUpCommand(site, userId)
  if (session.signal.aborted) {
    session.notice(`Deleting the user that was created for this; Ctrl-C again leaves it, for\n${command}`)
  }
  const [kept] = await session.uninterrupted(session.progress('Deleting the user again', users.remove()))
  return (
    kept &&
    `the user ${userId}, which was created for this, is still there (${kept.problem.message}): delete it with\n${command}`
  )
}
