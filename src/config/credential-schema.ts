import * as z from 'zod/mini'
import { isProduction, junctionEnvironments, regions } from '../junction/environments.ts'
import { junctionCallback } from './callback.ts'
import { type Checked, custom, fields } from './issues.ts'
import { environmentSchema, oneEnvironment, slug } from './route-schema.ts'
import { checkRedirectUrl } from './url.ts'

const identifier = (what: string) =>
  z
    .string()
    .check(
      z.regex(
        /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i,
        `must be the UUID of ${what}, as the Junction dashboard shows it`,
      ),
    )

export const organisation = identifier('your organisation')
export const team = identifier('a team')

/** Teams by region, since a team has one region and both environments, or by environment, which comes first. */
export const teamNames = [...regions, ...junctionEnvironments] as const
export const teamsSchema = z.partialRecord(z.enum(teamNames), team)

/** Where a secret is kept. A file's path is relative to byoo.yaml. */
export const secretReference = z.union(
  [
    z.strictObject({ file: z.string().check(z.regex(/^(?!-$)./, 'must be a path')) }),
    z.strictObject({
      env: z
        .string()
        .check(z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a variable's name: letters, digits and _")),
    }),
  ],
  'must say where the secret is kept, not what it is: {file: <path>} or {env: <variable name>}',
)

const text = (name: string) =>
  z
    .string()
    .check(
      z.regex(
        /^[\x21-\x7e]+$/,
        `must be a ${name}: printable ASCII, without white space at its ends or inside`,
      ),
    )

/** One entry of `credentials`: what Junction should hold for a provider. `details` may hold secret references. */
export const credentialSchema = z
  .strictObject({
    provider: slug,
    environments: z
      .optional(z.array(environmentSchema).check(z.minLength(1, oneEnvironment)))
      .check(z.describe('Default: every environment that has a route for the provider.')),
    redirect_url: z
      .optional(z.string())
      .check(
        z.describe(
          `The redirect URL override: a URL, or "${junctionCallback}" for Junction's own callback. Default: the URL of the route.`,
        ),
      ),
    client_id: z.optional(text('client id')),
    client_secret: z.optional(secretReference),
    details: z.optional(z.record(z.string(), z.unknown())),
  })
  .check(z.check(checkRedirect, { when: () => true }))

function checkRedirect(context: Checked): void {
  const { redirect_url: url, provider } = fields(context.value)
  if (typeof url !== 'string' || url === junctionCallback) return
  const { faults, corrected } = checkRedirectUrl(url, true, typeof provider === 'string' ? provider : '')
  if (faults.length === 0) return
  const isUrl = /^[a-z]+:/i.test(url)
  const all = isUrl ? [...faults] : [`must be a URL, or "${junctionCallback}" for Junction's own callback`]
  if (corrected !== undefined) all.push(`write ${JSON.stringify(corrected)}`)
  context.issues.push(custom(context.value, all.join('; '), ['redirect_url']))
}

/** What is wrong with Junction's own callback for a provider in these environments. */
export function junctionCallbackFault(
  provider: string,
  environments: readonly (typeof junctionEnvironments)[number][],
): string | undefined {
  if (provider !== 'google_health' || !environments.some(isProduction)) return undefined
  return 'google_health in production needs a redirect URI of your own: leave this out, or write a URL'
}
