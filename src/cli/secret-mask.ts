import { hidingOf, redactionFor } from '../junction/redact.ts'

/** Secrets that must not be shown: the last line of defence, for text that nobody thought could hold one. */
export interface SecretMask {
  /** With `besideResult`, it is hidden everywhere but in the result that was asked for. */
  add(secret: string, besideResult?: boolean): void
  /** For messages: whatever looks like a link token goes as well. */
  apply(text: string): string
  /** For the result on stdout, which may be a link. */
  applyToResult(text: string): string
}

/** Starts with no secrets. Shorter ones than four characters would make every text unreadable. */
export function createSecretMask(): SecretMask {
  const secrets = new Set<string>()
  const results = new Set<string>()
  return {
    add: (secret, besideResult = false) => {
      if (secret.length >= 4) (besideResult ? results : secrets).add(secret)
    },
    apply: (text) => redactionFor(undefined, [...secrets, ...results]).text(text),
    applyToResult: (text) => hidingOf([...secrets])(text),
  }
}
