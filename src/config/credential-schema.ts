import * as z from 'zod/mini'
import { junctionEnvironments } from '../junction/environments.ts'
import { slug } from './route-schema.ts'

const environment = z.enum(junctionEnvironments)

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

/** The teams that routes and credentials belong to, by environment. */
export const teamsSchema = z.partialRecord(environment, team)

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
export type SecretReference = z.infer<typeof secretReference>

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
export const credentialSchema = z.strictObject({
  provider: slug,
  in: z.array(environment).check(z.minLength(1, 'must name at least one environment')),
  client_id: z.optional(text('client id')),
  client_secret: z.optional(secretReference),
  details: z.optional(z.record(z.string(), z.unknown())),
})
export type CredentialInput = z.infer<typeof credentialSchema>
