import * as z from 'zod/mini'

// What the schemas of Junction's answers are made of.

/** A field that may be missing or null, which mean the same. */
export function maybe<Schema extends z.ZodMiniType>(schema: Schema) {
  return z.pipe(
    z.nullish(schema),
    z.transform((value) => value ?? undefined),
  )
}

/** A list that is left out, or null, when it is empty. */
export function maybeList<Schema extends z.ZodMiniType>(schema: Schema) {
  return z.pipe(
    z.nullish(z.array(schema)),
    z.transform((list) => list ?? []),
  )
}

/** A token that fits into a header. */
export const token = z.string().check(z.regex(/^[\x21-\x7e]+$/, 'must be printable ASCII'))
