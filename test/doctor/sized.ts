import { onTestFinished } from 'vitest'
import { readYamlConfig } from '../../src/config/read-yaml-config.ts'
import { runDoctor } from '../../src/doctor/doctor.ts'
import type { Report } from '../../src/doctor/report.ts'
import { junctionEnvironments, splitEnvironment } from '../../src/junction/environments.ts'
import { createHttp } from '../../src/junction/http.ts'
import { createManagement } from '../../src/junction/management.ts'
import { providers } from '../../src/junction/providers.ts'
import type { RateLimiter } from '../../src/verify/rate-limiter.ts'
import { startForwarder } from '../forwarder/start-forwarder.ts'
import { startJunction } from '../world.ts'

/** Every provider in every environment, on one host or a host for each environment; all of it healthy. */
export async function startSized(
  hosts: 1 | 4,
): Promise<{ readonly run: (limiter?: () => RateLimiter) => Promise<Report> }> {
  const junction = await startJunction()
  onTestFinished(() => junction.close())
  const slugs = providers.slice(0, 16).map(({ slug }) => slug)
  const route = (environment: string, origin: string) =>
    `  - { url: "${origin}/${environment}/{provider}", environment: ${environment}, providers: [${slugs}] }`
  const groups = hosts === 4 ? junctionEnvironments.map((name) => [name]) : [junctionEnvironments]
  const routes = await Promise.all(
    groups.map(async (environments) => {
      const lines = environments.map((name) => route(name, 'https://oauth.example.com'))
      const forwarder = await startForwarder(`routes:\n${lines.join('\n')}\n`)
      onTestFinished(() => void forwarder.stop(1000))
      return environments.map((name) => ({ name, origin: `http://127.0.0.1:${forwarder.port}` }))
    }),
  )
  const teamOf = (environment: (typeof junctionEnvironments)[number]) =>
    junction.teams[splitEnvironment(environment).region].id
  for (const { name, origin } of routes.flat()) {
    for (const provider of slugs) {
      junction.store.set(name, {
        team_id: teamOf(name),
        provider,
        client_id: `made-up-${provider}-${name}`,
        client_secret: 'made-up-client-secret',
        redirect_url_override: `${origin}/${name}/${provider}`,
        details: detailsOf(provider),
      })
    }
  }
  const yaml = `routes:\n${routes
    .flat()
    .map(({ name, origin }) => route(name, origin))
    .join('\n')}\n`
  const file = { name: 'byoo.yaml', ...readYamlConfig('byoo.yaml', yaml, 'management') }
  const http = createHttp({ env: {}, timeout: 30_000 })
  onTestFinished(() => http.close())
  const client = createManagement(http, { key: junction.keys.organisation, url: junction.url })
  return {
    run: (limiter) =>
      runDoctor(
        { file },
        {
          management: { client, org: junction.org },
          teamOf,
          link: () => {
            throw new Error('no link is asked for')
          },
          command: (_, ...words) => ['byoo', ...words].join(' '),
          verify: { limiter },
        },
      ),
  }
}

function detailsOf(provider: string): Record<string, unknown> {
  const known = providers.find(({ slug }) => slug === provider)?.details ?? []
  const details: Record<string, Record<string, unknown>> = {}
  for (const { name, list } of known) {
    const value = list ? ['made-up'] : 'made-up'
    const [outer = '', inner] = name.split('.')
    Object.assign(details, { [outer]: inner === undefined ? value : { ...details[outer], [inner]: value } })
  }
  return details
}
