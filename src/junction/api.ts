import * as z from 'zod/mini'
import type { HttpRequest } from './http.ts'

// What Junction's two APIs have in common. Their enumerations are open, so they are plain text here; unknown fields are
// dropped.

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

/** Unless told otherwise a `POST` makes something new each time. */
const kinds = { GET: 'read', DELETE: 'write', POST: 'creation' } as const

type Details = Pick<HttpRequest, 'action'> &
  Partial<Pick<HttpRequest, 'kind' | 'body' | 'credentials' | 'explain'>> & {
    readonly query?: URLSearchParams
  }

/** A request to the API at a base URL; the segments of its path are encoded. */
export function requestTo(
  api: Pick<HttpRequest, 'url' | 'credentials'>,
  method: HttpRequest['method'],
  segments: readonly string[],
  { query, ...details }: Details,
): HttpRequest {
  const path = [api.url.replace(/\/+$/, ''), ...segments.map(encodeURIComponent)].join('/')
  const url = query?.size ? `${path}?${query}` : path
  return { method, url, credentials: api.credentials, kind: kinds[method], ...details }
}
