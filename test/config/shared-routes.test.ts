import { describe, expect, test } from 'vitest'
import { readYamlConfig } from '../../src/config/read-yaml-config.ts'

const app = 'https://app.example.com'
const shared = `url: ${app}/oauth/oura, provider: oura`
const own = `${app}/internal/oauth/oura`
const both = 'environments: [production/us, sandbox/us]'

function read(...routes: string[]) {
  const text = ['routes:', ...routes.map((route) => `  - { ${route} }`)].join('\n')
  const { config, faults } = readYamlConfig('byoo.yaml', text, 'management')
  return { config, faults: faults.map((fault) => fault.replace(/^byoo\.yaml:\d+:\d+: /, '')) }
}

describe('a shared route', () => {
  test('belongs to each of its environments, and sends all else to the app', () => {
    const { config, faults } = read(`${shared}, ${both}, otherwise: ${own}`)
    expect(faults).toEqual([])
    expect(config.routes).toMatchObject([
      {
        environment: undefined,
        environments: ['production/us', 'sandbox/us'],
        otherwise: own,
        target: own,
      },
    ])
  })

  test('may take every provider, if what it leads to does', () => {
    expect(
      read(`url: "${app}/a/{provider}", environments: [sandbox/eu], otherwise: "${app}/b/{provider}"`).faults,
    ).toEqual([])
    expect(
      read(`url: "${app}/a/{provider}", environments: [sandbox/eu], otherwise: "${app}/b"`).faults,
    ).toEqual(['routes[0].otherwise: must contain {provider}, or the route must name its provider'])
  })

  test('may move: one of two for the same environment is primary', () => {
    const moved = `url: https://new.example.com/oura, provider: oura, ${both}, otherwise: ${own}`
    expect(read(`${shared}, ${both}, otherwise: ${own}`, `${moved}, primary: true`).faults).toEqual([])
    expect(read(`${shared}, ${both}, otherwise: ${own}`, moved).faults).toEqual([
      'routes[1].environments: production/us is on routes[0] too: take it out of one, or put "primary: true" on one of the two routes',
    ])
  })

  test.each<[string, string[]]>([
    [
      `${shared}, ${both}`,
      [
        'environments: needs "otherwise: <URL>", where all goes that is for none of them; or write one route for each environment',
      ],
    ],
    [
      `${shared}, environments: [sandbox/eu]`,
      [
        'environments: needs "otherwise: <URL>", where all goes that is for none of them; write "environment: sandbox/eu"',
      ],
    ],
    [
      `${shared}, otherwise: ${own}`,
      ['otherwise: needs "environments: [production/us, sandbox/us]", whose logins go to Junction'],
    ],
    [
      `${shared}, environment: sandbox/eu, otherwise: ${own}`,
      ['otherwise: needs "environments: [sandbox/eu]", whose logins go to Junction'],
    ],
    [
      `${shared}, ${both}, otherwise: ${own}, environment: sandbox/eu`,
      ['environment: cannot be combined with environments: list it there'],
    ],
    [
      `${shared}, ${both}, otherwise: ${own}, target: "${app}/x"`,
      ['target: cannot be combined with environments and otherwise, which say where all goes'],
    ],
    [
      `${shared}, environments: [sandbox/us, sandbox/us], otherwise: ${own}`,
      ['environments[1]: is listed twice'],
    ],
    [`${shared}, environments: [], otherwise: ${own}`, ['environments: must name at least one environment']],
    [
      `${shared}, ${both}, otherwise: http://app.example.com/x`,
      ['otherwise: must use https: plain http is allowed to loopback only'],
    ],
    [
      `${shared}, ${both}, otherwise: ${app}/oauth/oura`,
      ['otherwise: is the URL of this route, an endless loop: write where the app has its own handler now'],
    ],
    [
      `url: "${app}/a/{provider}", ${both}, otherwise: "${app}/a/{provider}"`,
      ['otherwise: is the URL of this route, an endless loop: write where the app has its own handler now'],
    ],
  ])('is refused: %s', (route, faults) => {
    expect(read(route).faults).toEqual(faults.map((fault) => `routes[0].${fault}`))
  })

  test('does not lead to another shared route', () => {
    const faults = read(
      `${shared}, environments: [sandbox/us], otherwise: ${app}/b`,
      `url: ${app}/b, provider: oura, environments: [sandbox/eu], otherwise: ${app}/oauth/oura`,
    )
    expect(faults.faults).toEqual([
      'routes[0].otherwise: is routes[1].url, which is shared too: write where the app has its own handler',
      'routes[1].otherwise: is routes[0].url, which is shared too: write where the app has its own handler',
    ])
  })

  test('is a route of its environments for credentials', () => {
    const text = `routes: [{ ${shared}, ${both}, otherwise: ${own} }]\ncredentials: [{ provider: oura }]`
    const { config, faults } = readYamlConfig('byoo.yaml', text, 'management')
    expect(faults).toEqual([])
    expect(config.credentials[0]?.environments).toEqual(['production/us', 'sandbox/us'])
  })
})
