import { describe, expect, onTestFinished, test } from 'vitest'
import { createCertificate } from '../certificate.ts'
import { spawnServe } from '../run.ts'
import { queryOf } from './browser.ts'
import { agrees, app, type Front, outcome, refuses, startCertifiedLoop } from './certified-loop.ts'
import { nginxCommand, nginxConfiguration, startServer } from './start-server.ts'

const host = 'oauth.example.test'

/** nginx with TLS, as people put it in front of `byoo serve`. */
async function startNginx(target: string): Promise<Front & { readonly stop: () => Promise<string> }> {
  const { port, stdout, stderr, child, exited } = await spawnServe([
    '--target',
    target,
    '--environment',
    'sandbox/us',
  ])
  const { cert, key } = await createCertificate(host)
  const nginx = await startServer('nginx with TLS', {
    files: (place) => ({
      'certificate.pem': cert,
      'key.pem': key,
      'nginx.conf': nginxConfiguration(
        place,
        'access_log off;',
        `server_name ${host};
    ssl_certificate ${place.folder}/certificate.pem;
    ssl_certificate_key ${place.folder}/key.pem;
    location /oauth_callback/ {
      proxy_pass http://127.0.0.1:${port};
      proxy_set_header Host $host;
    }`,
        ' ssl',
      ),
    }),
    command: nginxCommand,
  })
  onTestFinished(nginx.stop)
  return {
    redirect_uri: `https://${host}:${nginx.port}/oauth_callback/whoop_v2`,
    ca: cert,
    /** Stops the forwarder; everything that it has printed is there then. */
    stop: async () => {
      child.kill('SIGTERM')
      await exited
      return stdout() + stderr()
    },
  }
}

describe('through nginx with TLS in front of byoo serve', () => {
  test('a signed state and a code with reserved characters arrive byte for byte, and nothing of them is logged', async () => {
    let stop = async () => ''
    const { browser, createLink, provider, redirect_uri, junction } = await startCertifiedLoop(
      async (target) => {
        const front = await startNginx(target)
        stop = front.stop
        return front
      },
    )
    const { oauth_url, link_token } = await createLink()
    const visits = await browser.walk(oauth_url, agrees, app)
    expect(outcome(visits)).toEqual({ state: 'success' })

    const sent = visits.find(({ url }) => url.startsWith(redirect_uri))
    expect(sent).toMatchObject({ status: 307, body: '' })
    const [code = ''] = provider.codes
    const query = `?${new URLSearchParams({ code, state: link_token, iss: provider.issuer })}`
    expect(queryOf(sent?.url)).toBe(query)
    const arrived = junction.requests.filter(({ operation }) => operation === 'connect')
    expect(arrived.map(({ path }) => path)).toEqual([`/sandbox/us/v2/link/connect/whoop_v2${query}`])
    const log = await stop()
    expect(log).toContain('"status":307')
    for (const secret of [code, encodeURIComponent(code), link_token]) expect(log).not.toContain(secret)
  })

  test('a refusal arrives, too', async () => {
    const { browser, createLink } = await startCertifiedLoop(startNginx)
    expect(outcome(await browser.walk((await createLink()).oauth_url, refuses, app))).toMatchObject({
      state: 'error',
      error_type: 'user_cancelled',
    })
  })

  test.each([
    ['http', (uri: string) => uri.replace('https', 'http')],
    ['no port', (uri: string) => uri.replace(/:\d+/, '')],
    ['a slash more', (uri: string) => `${uri}/`],
    ['a trailing dot', (uri: string) => uri.replace('.test', '.test.')],
    ['capitals', (uri: string) => uri.replace('oauth.example', 'OAuth.example')],
  ])('nobody gets anywhere with an override with %s', async (_name, miss) => {
    const { browser, createLink, setOverride, redirect_uri } = await startCertifiedLoop(startNginx)
    setOverride(miss(redirect_uri))
    const visits = await browser.walk((await createLink()).oauth_url, agrees, app)
    expect(visits.map(({ status, location }) => [status, location])).toEqual([[400, undefined]])
  })
})
