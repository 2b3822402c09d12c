import { expect, test } from 'vitest'
import {
  combinationOf,
  connectTarget,
  fillTemplate,
  isJunctionHost,
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
])('%s is %s', (hostname, combination) => {
  expect(combinationOf(hostname)).toBe(combination)
  expect(isJunctionHost(hostname)).toBe(true)
})

test('the management host is Junction’s, of no combination', () => {
  expect(combinationOf('api.management.junction.com')).toBeUndefined()
  expect(isJunctionHost('api.management.junction.com')).toBe(true)
})

test.each(['junction.com', 'api.us.junction.com.example.com', 'evil-api.us.junction.com', '127.0.0.1', ''])(
  '%j is not Junction’s',
  (hostname) => {
    expect(isJunctionHost(hostname)).toBe(false)
  },
)

test('connectTarget', () => {
  expect(connectTarget('sandbox', 'eu')).toBe(
    'https://api.sandbox.eu.junction.com/v2/link/connect/{provider}',
  )
})

test('fillTemplate', () => {
  expect(fillTemplate('http://127.0.0.1:8080/{environment}/{region}/', 'sandbox', 'eu')).toBe(
    'http://127.0.0.1:8080/sandbox/eu',
  )
})
