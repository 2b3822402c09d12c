import { type Call, defineCommand } from '../command.ts'
import { deleteLogin, managementKeyVariable } from '../resolve/management-key.ts'

/** `byoo logout` */
export const command = defineCommand({
  description: 'Deletes what byoo login has kept.',
  examples: ['byoo logout'],
  options: {},
  run,
  text: ({ path, deleted }) =>
    deleted
      ? `Deleted ${path}. The key itself stays valid until it is revoked in Junction's dashboard.\n`
      : `There is no stored login at ${path}.\n`,
})

/** Forgets the stored login. Junction keeps the key: whoever wants it gone revokes it there. */
async function run({ session }: Call) {
  const data = deleteLogin(session.context)
  if (session.context.env[managementKeyVariable]) session.warn(`${managementKeyVariable} is still set`)
  return data
}
