import * as z from 'zod/mini'
import { ByooError } from '../errors.ts'
import { printable } from '../output/printable.ts'
import type { HttpAnswer } from './http.ts'

/** A field that may be missing or null, which mean the same. */
export function maybe<Schema extends z.ZodMiniType>(schema: Schema) {
  return z.pipe(
    z.nullish(schema),
    z.transform((value) => value ?? undefined),
  )
}

/** A token that fits into a header. */
export const token = z.string().check(z.regex(/^[\x21-\x7e]+$/, 'must be printable ASCII'))

/** The answer as the schema has it, or an error that names the first field which is not. */
export function readAnswer<Schema extends z.ZodMiniType>(
  schema: Schema,
  answer: HttpAnswer,
  action: string,
  mayHaveTakenEffect: boolean,
): z.infer<Schema> {
  const parsed = schema.safeParse(answer.json, { reportInput: true })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const { status, requestId } = answer
  throw new ByooError('unexpected_answer', `could not ${action}: ${fault(issue)} in Junction's answer`, {
    status,
    requestId,
    mayHaveTakenEffect,
    hint: 'Junction may have changed its API: look for a newer byoo',
  })
}

function fault(issue: z.core.$ZodIssue | undefined): string {
  const path = (issue?.path ?? [])
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')
  const name = path === '' ? 'the body' : `"${printable(path, 100)}"`
  if (issue?.code !== 'invalid_type') return `${name} is not as expected`
  if (issue.input === undefined) return `${name} is missing`
  return `${name} is not ${article(issue.expected)}`
}

function article(expected: string): string {
  return /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`
}
