/** The path that the route of this number answers. */
export function routePath(number: number): string {
  return `/customer-${number}/oauth_callback/strava`
}

/** A byoo.yaml of that many routes on one host. */
export function routesYaml(count: number): string {
  const route = (number: number) => {
    const path = routePath(number).replace('strava', '{provider}')
    return `  - { url: "https://o.example${path}", environment: production/us }\n`
  }
  return `routes:\n${Array.from({ length: count }, (_, number) => route(number)).join('')}`
}
