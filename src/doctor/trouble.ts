import type { ByooError } from '../errors.ts'
import { type Check, type Finding, type Subject, skipped } from './finding.ts'

/** What it means that the management API could not be used. */
export function troubleOf({ code, status }: ByooError) {
  switch (code) {
    case 'not_authenticated':
      return status === undefined ? 'management-key-missing' : 'management-key-refused'
    case 'wrong_key':
      return 'management-key-wrong-kind'
    case 'not_allowed':
      return 'management-key-without-role'
    case 'usage':
      return 'organisation-unknown'
    case 'unreachable':
      return 'junction-unreachable'
    case 'unexpected_answer':
      return 'junction-unclear'
    default:
      return 'junction-refuses'
  }
}

const reasons: Readonly<Record<ReturnType<typeof troubleOf>, string>> = {
  'management-key-missing': 'there is no management key',
  'management-key-refused': 'Junction does not accept the management key',
  'management-key-wrong-kind': 'the management key is not one',
  'management-key-without-role': 'the management key may not look at it',
  'organisation-unknown': '',
  'junction-unreachable': 'Junction cannot be reached',
  'junction-unclear': 'Junction did not answer as its API does',
  'junction-refuses': 'Junction refuses to tell',
}

/** A check that needs what the management API did not tell; the check `key` says more. */
export function untold(check: Check, subject: Subject, problem: ByooError): Finding {
  const reason = reasons[troubleOf(problem)]
  if (reason !== '') return skipped(check, subject, reason)
  const { message, hint } = problem
  return skipped(check, subject, message, { advice: hint === undefined ? undefined : `${asSentence(hint)}.` })
}

/** The hint of an error as the beginning of a sentence, without its line breaks. */
export function asSentence(hint: string): string {
  return (hint.charAt(0).toUpperCase() + hint.slice(1)).replace(/\s*\n\s*/g, ' ').replace(/\.$/, '')
}
