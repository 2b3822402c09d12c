import { providers } from '../../junction/providers.ts'

/** A provider that is connected by OAuth. */
export interface OAuthProvider {
  readonly slug: string
  readonly name: string
  /** Junction has no application of its own. */
  readonly byooOnly: boolean
}

/** Every provider of the link API that is connected by OAuth. */
export const oauthProviders: readonly OAuthProvider[] = [
  ...providers.map(({ slug, name, byooOnly }) => ({ slug, name, byooOnly })),
  { slug: 'ihealth', name: 'iHealth', byooOnly: false },
  { slug: 'runkeeper', name: 'Runkeeper', byooOnly: false },
]

export function findOAuthProvider(slug: string): OAuthProvider | undefined {
  return oauthProviders.find((provider) => provider.slug === slug)
}

/** What every answer says of a provider. */
export function providerFacts(slug: string) {
  const name = findOAuthProvider(slug)?.name ?? slug
  return { name, slug, logo: `https://logos.invalid/${slug}.png` }
}

/** The same with a description. */
export function describedProvider(slug: string) {
  const facts = providerFacts(slug)
  return { ...facts, description: `${facts.name}, played by Acme Fit` }
}
