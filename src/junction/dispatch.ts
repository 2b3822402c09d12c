import { isIP } from 'node:net'
import type { buildConnector, Dispatcher } from 'undici'
import { ByooError } from '../errors.ts'
import { isLoopback, parseUrl } from '../url.ts'

/** The outcome of one request. */
export interface RawAnswer {
  /** Was there a connection on which part of the request may have been sent? */
  sent: boolean
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: string
  /** Set when there is no complete answer; its code is undici's, Node's, `BYOO_TIMEOUT` or `BYOO_ABORTED`. */
  error: NodeJS.ErrnoException | undefined
}

/** Sends one request and collects its answer, within `timeout` milliseconds to its last byte; never rejects. */
export function dispatchOnce(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const raw: RawAnswer = { sent: false, status: 0, headers: {}, body: '', error: undefined }
    const chunks: Buffer[] = []
    let controller: Dispatcher.DispatchController | undefined
    const settle = (error?: Error) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
      raw.error ??= error
      raw.body = Buffer.concat(chunks).toString()
      resolve(raw)
    }
    const stop = (code: string) => {
      raw.error ??= Object.assign(new Error(code), { code })
      controller?.abort(raw.error)
      settle()
    }
    const cancel = () => stop('BYOO_ABORTED')
    const timer = setTimeout(() => stop('BYOO_TIMEOUT'), timeout)
    signal?.addEventListener('abort', cancel, { once: true })
    if (signal?.aborted) return cancel()

    dispatcher.dispatch(
      { ...request, headersTimeout: 0, bodyTimeout: 0 },
      {
        // Called when there is a connection, just before the first byte is written to it.
        onRequestStart: (started) => {
          controller = started
          if (raw.error) started.abort(raw.error)
          else raw.sent = true
        },
        onResponseStart: (_controller, status, answered) => {
          raw.status = status
          raw.headers = answered
        },
        onResponseData: (_controller, chunk) => void chunks.push(chunk),
        onResponseEnd: () => settle(),
        onResponseError: (_controller, error) => settle(error),
      },
    )
  })
}

/** Bytes of an answer's body. */
const maxResponseSize = 2 * 1024 * 1024

/**
 * Makes undici's dispatchers, one for loopback and one for everything else. They check certificates whatever `NODE_TLS_REJECT_UNAUTHORIZED` says, go through the proxy of
 * `env`, and straight to loopback. `timeout` is for connecting, in milliseconds.
 */
export function createDispatchers(env: Readonly<Record<string, string | undefined>>, timeout: number) {
  const made = new Map<boolean, Dispatcher>()
  const connect = { timeout, rejectUnauthorized: true }
  return {
    /** The one for a host; undici is loaded with the first. */
    for: async ({ hostname }: URL): Promise<Dispatcher> => {
      const local = isLoopback(hostname)
      // In a bundle the chunk of a CommonJS package has no named exports.
      const { Agent, EnvHttpProxyAgent, Pool } = (await import('undici')).default
      const options = { connect, maxResponseSize }
      const dispatcher =
        made.get(local) ??
        (local
          ? new Agent(options)
          : new EnvHttpProxyAgent({
              ...options,
              requestTls: connect,
              proxyTls: connect,
              clientFactory: (origin, { connect: open }: { connect: buildConnector.connector }) =>
                new Pool(origin, { connect: (to, done) => open(withoutAddress(to), done) }),
              ...proxies(env),
            }))
      made.set(local, dispatcher)
      return dispatcher
    },
    /** Cuts off all connections. */
    close: async () => {
      await Promise.all([...made.values()].map((dispatcher) => dispatcher.destroy()))
      made.clear()
    },
  }
}

/** RFC 6066 §3: an IP address is no server name, and Node 26 refuses one; undici gives that of the proxy all the same. */
function withoutAddress(to: buildConnector.Options): buildConnector.Options {
  return isIP((to.servername ?? '').replace(/^\[|\]$/g, '')) ? { ...to, servername: '' } : to
}

/** Proxies as curl and others read them; nothing from Node's own environment, and none for plain http. */
function proxies(env: Readonly<Record<string, string | undefined>>) {
  const httpsProxy = env.https_proxy || env.HTTPS_PROXY || ''
  const direct = { httpProxy: '', httpsProxy: '', noProxy: env.no_proxy || env.NO_PROXY || '' }
  if (httpsProxy === '') return direct
  // Not by `URL`, to which the backslash of `DOMAIN\name` ends the host.
  const [, scheme, credentials, host] =
    /^(https?):\/\/(?:([^/?#]*)@)?([^/?#@\\]+)(?:[/?#].*)?$/i.exec(httpsProxy) ?? []
  const proxied = { ...direct, httpsProxy: `${scheme}://${host}` }
  if (host === undefined || !parseUrl(proxied.httpsProxy)) {
    throw new ByooError('configuration', 'HTTPS_PROXY must be the URL of an http or https proxy', {
      hint: 'write HTTPS_PROXY as http://proxy.example.com:3128 or http://name:password@proxy.example.com:3128, with %2F, %3F and %23 for "/", "?" and "#" in the name or the password',
    })
  }
  if (credentials === undefined) return proxied
  const [name = '', ...password] = credentials.split(':')
  const pair = `${decoded(name)}:${decoded(password.join(':'))}`
  return { ...proxied, token: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** Percent-decoded; as it is written when it is not percent-encoded throughout. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
