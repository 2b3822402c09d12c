import { type Call, defineCommand } from '../command.ts'
import { deleteLogin } from '../resolve/management-key.ts'

export interface LogoutData {
  readonly path: string
  readonly deleted: boolean
}

/** `byoo logout` */
export const command = defineCommand({
  description: 'Deletes what byoo login has kept.',
  examples: ['byoo logout'],
  options: {},
  run,
  text,
})

/** Forgets the stored login. Junction keeps the key: whoever wants it gone revokes it there. */
async function run({ session }: Call): Promise<LogoutData> {
  const data = deleteLogin(session.context)
  if (session.context.env.JUNCTION_MANAGEMENT_KEY) session.warn('JUNCTION_MANAGEMENT_KEY is still set')
  return data
}

function text({ path, deleted }: LogoutData): string {
  return deleted
    ? `Deleted ${path}. The key itself stays valid until it is revoked in Junction's dashboard.\n`
    : `There is no stored login at ${path}.\n`
}
