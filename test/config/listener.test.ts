import { expect, test } from 'vitest'
import { givenListener, readListener } from '../../src/config/listener.ts'

const faultsOf = (host: string) => readListener(givenListener({ host }, {}).given).faults
const rule = '--host: must be an address or a host name, and nothing else'

test.each(['127.0.0.1', '0.0.0.0', '::', '::1', 'fe80::1%eth0', 'localhost', 'my_pod.internal'])(
  '--host %s is taken',
  (host) => {
    expect(faultsOf(host)).toEqual([])
  },
)

test('a secret in the wrong option is not repeated', () => {
  const { faults } = readListener(givenListener({ logLevel: 'mg_made-up-0123456789' }, {}).given)
  expect(faults).toEqual(['--log-level: must be one of "silent", "error", "warn", "info", "debug"'])
})

test.each([
  ['[::]', `${rule}: write ::`],
  ['[::1]:8080', `${rule}: write ::1, and the port in --port 8080`],
  ['0.0.0.0:8080', `${rule}: write 0.0.0.0, and the port in --port 8080`],
  ['localhost:80', `${rule}: write localhost, and the port in --port 80`],
  ['http://0.0.0.0:8080/', `${rule}: write 0.0.0.0, and the port in --port 8080`],
  ['', `${rule}, such as 127.0.0.1, 0.0.0.0 or ::`],
  ['*:8080', `${rule}, such as 127.0.0.1, 0.0.0.0 or ::`],
])('--host %s is refused', (host, fault) => {
  expect(faultsOf(host)).toEqual([fault])
})

test.each([
  [{ port: '70000' }, '--port: must be a whole number from 0 to 65535'],
  [
    { requestTimeout: '5' },
    '--headers-timeout: must not be longer than --request-timeout, which includes it',
  ],
  [{ metricsPort: '8080' }, '--metrics-port: must differ from --port: metrics are not for the public'],
  [{ tlsCert: 'x' }, '--tls-cert: needs --tls-key as well: a certificate and its private key go together'],
  [{ tlsKey: 'x' }, '--tls-key: needs --tls-cert as well: a certificate and its private key go together'],
])('%j is refused', (flags, fault) => {
  expect(readListener(givenListener(flags, {}).given).faults).toEqual([fault])
})

test('two free ports are not the same', () => {
  expect(readListener(givenListener({ port: '0', metricsPort: '0' }, {}).given).faults).toEqual([])
})
