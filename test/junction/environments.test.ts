import { expect, test } from 'vitest'
import {
  connectTarget,
  environmentOfHost,
  fillTemplate,
  isJunctionHost,
  parseEnvironment,
} from '../../src/junction/environments.ts'

test.each([
  ['api.us.junction.com', 'production/us'],
  ['api.eu.junction.com', 'production/eu'],
  ['api.sandbox.us.junction.com', 'sandbox/us'],
  ['api.sandbox.eu.junction.com', 'sandbox/eu'],
  ['api.tryvital.io', 'production/us'],
  ['api.eu.tryvital.io', 'production/eu'],
  ['api.sandbox.tryvital.io', 'sandbox/us'],
  ['api.sandbox.eu.tryvital.io', 'sandbox/eu'],
  ['API.US.JUNCTION.COM', 'production/us'],
])('%s is %s', (hostname, environment) => {
  expect(environmentOfHost(hostname)).toBe(environment)
  expect(isJunctionHost(hostname)).toBe(true)
})

test('the management host is Junction’s, of no environment', () => {
  expect(environmentOfHost('api.management.junction.com')).toBeUndefined()
  expect(isJunctionHost('api.management.junction.com')).toBe(true)
})

test.each(['junction.com', 'api.us.junction.com.example.com', 'evil-api.us.junction.com', '127.0.0.1', ''])(
  '%j is not Junction’s',
  (hostname) => {
    expect(isJunctionHost(hostname)).toBe(false)
  },
)

test('connectTarget', () => {
  expect(connectTarget('sandbox/eu')).toBe('https://api.sandbox.eu.junction.com/v2/link/connect/{provider}')
})

test('fillTemplate', () => {
  expect(fillTemplate('http://127.0.0.1:8080/{environment}/{region}/', 'sandbox/eu')).toBe(
    'http://127.0.0.1:8080/sandbox/eu',
  )
})

test.each([
  ['production', 'write production/us or production/eu'],
  ['prod/eu', 'write production/eu'],
  ['EU/Sandbox', 'write sandbox/eu'],
  ['production us', 'write production/us'],
  ['eu', 'write production/eu or sandbox/eu'],
  ['staging', 'write production/us or production/eu or sandbox/us or sandbox/eu'],
  ['sandbox/us/', 'write sandbox/us'],
  ['', 'write production/us or production/eu or sandbox/us or sandbox/eu'],
])('%j is no environment, and what to write is said', (text, what) => {
  expect(parseEnvironment(text)).toEqual({ fault: `must be an environment with its region: ${what}` })
  expect(parseEnvironment('sandbox/us')).toEqual({ environment: 'sandbox/us' })
})
