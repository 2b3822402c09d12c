import type { Session } from '../session.ts'
import { deleteLogin } from '../workspace/login-store.ts'

export interface LogoutData {
  readonly path: string
  readonly deleted: boolean
}

/** Forgets the stored login. Junction keeps the key: whoever wants it gone revokes it there. */
export async function run(session: Session): Promise<LogoutData> {
  const data = deleteLogin(session.context)
  if (session.context.env.JUNCTION_MANAGEMENT_KEY) session.warn('JUNCTION_MANAGEMENT_KEY is still set')
  return data
}

export function text({ path, deleted }: LogoutData): string {
  return deleted
    ? `Deleted ${path}. The key itself stays valid until it is revoked in Junction's dashboard.\n`
    : `There is no stored login at ${path}.\n`
}
