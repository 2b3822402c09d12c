import { ByooError } from '../../errors.ts'
import { printable } from '../../output/printable.ts'

/** Can this be Junction's id of a user? A `client_user_id` may look the same. */
export function isUserId(text: string): boolean {
  return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text)
}

/** Junction's id of a user, checked; `source` names the option or operand. */
export function requireUserId(text: string, source: string): string {
  if (isUserId(text)) return text
  throw new ByooError('usage', `${source} ${JSON.stringify(printable(text, 64))} is not the UUID of a user`, {
    hint: "give Junction's id of the user (user_id), not your own name for it (client_user_id)",
  })
}
