import * as z from 'zod/mini'
import { type ProviderSlug, providers } from './providers.ts'

const text = z.string().check(z.minLength(1, 'must not be empty'))

/** What each provider's `details` must hold; a provider that is not here needs none. */
export const detailsSchemas = {
  fitbit: z.strictObject({
    fitbit: z.strictObject({
      workout_verify_token: text,
      sleep_verify_token: text,
      body_verify_token: text,
      foods_verify_token: z.nullish(text),
      is_hr_enabled: z.optional(z.boolean()),
    }),
  }),
  google_fit: z.strictObject({
    redirect_uri: z.url({ protocol: /^https$/, error: 'must be an https URL' }),
    data_scopes: z.array(text).check(z.minLength(1, 'must name at least one scope')),
  }),
  google_health: z.strictObject({
    project_number: z
      .string()
      .check(z.regex(/^\d+$/, 'must be the digits of the project number, not its id')),
    service_account_email: z.email({ error: 'must be an e-mail address' }),
  }),
  my_fitness_pal_v2: z.strictObject({ client: text }),
  polar: z.strictObject({ webhook_secret: text }),
} as const satisfies Partial<Record<ProviderSlug, z.ZodMiniType>>

/** The schema of a provider's `details`; undefined when it takes none. */
export function detailsSchema(slug: string): z.ZodMiniType | undefined {
  return Object.hasOwn(detailsSchemas, slug) ? detailsSchemas[slug as keyof typeof detailsSchemas] : undefined
}

/** Is a detail, by its path with dots, secret? What the catalogue does not name may be. */
export function isSecretDetail(slug: string, path: string): boolean {
  const known = providers.find((one) => one.slug === slug)?.details.find(({ name }) => name === path)
  return known?.secret ?? true
}

/** The values of nested details by their path with dots; what is null is as good as absent. */
export function detailLeaves(details: unknown, path = ''): [path: string, value: unknown][] {
  if (details === null || details === undefined) return []
  if (typeof details !== 'object' || Array.isArray(details)) return [[path, details]]
  return Object.entries(details).flatMap(([key, value]) => detailLeaves(value, path ? `${path}.${key}` : key))
}

/** The field that repeats the redirect URI of the record; byoo fills it in where nobody says another. */
export const redirectField = 'redirect_uri'

/** `details` with the redirect URI, where the provider wants it in them as well. */
export function withRedirectUri(
  slug: string,
  details: Readonly<Record<string, unknown>>,
  redirectUri: string,
): Readonly<Record<string, unknown>> {
  const wants = providers.find((one) => one.slug === slug)?.details.some(({ name }) => name === redirectField)
  return wants ? { [redirectField]: redirectUri, ...details } : details
}
