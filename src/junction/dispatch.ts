import type { Dispatcher } from 'undici'
import { ByooError } from '../errors.ts'
import { isLoopback, parseUrl } from '../url.ts'

/** The outcome of one request. */
export interface RawAnswer {
  /** Was there a connection on which part of the request may have been sent? */
  sent: boolean
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: string
  /** Set when there is no complete answer. */
  error: WireError | undefined
}

/** What went wrong, with a code: undici's, Node's, or `BYOO_TIMEOUT`, `BYOO_ABORTED`, `BYOO_TOO_LARGE`. */
export type WireError = Error & { readonly code?: string }

interface RawRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  /** Milliseconds from connecting to the last byte. */
  readonly timeout: number
  readonly signal: AbortSignal | undefined
}

/** Bytes of an answer's body. */
const maxBody = 2 * 1024 * 1024

/** Sends one request and collects its answer; never rejects. */
export function dispatchOnce(dispatcher: Dispatcher, request: RawRequest): Promise<RawAnswer> {
  const { url, method, headers, body, timeout, signal } = request
  return new Promise((resolve) => {
    const raw: RawAnswer = { sent: false, status: 0, headers: {}, body: '', error: undefined }
    const chunks: Buffer[] = []
    let size = 0
    let controller: Dispatcher.DispatchController | undefined
    const settle = (error?: Error) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
      raw.error ??= error
      raw.body = Buffer.concat(chunks).toString()
      resolve(raw)
    }
    const stop = (code: string) => {
      raw.error ??= new CodedError(code)
      controller?.abort(raw.error)
      settle()
    }
    const cancel = () => stop('BYOO_ABORTED')
    const timer = setTimeout(() => stop('BYOO_TIMEOUT'), timeout)
    signal?.addEventListener('abort', cancel, { once: true })
    if (signal?.aborted) return cancel()

    dispatcher.dispatch(
      {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        headers: { ...headers },
        body,
        headersTimeout: 0,
        bodyTimeout: 0,
      },
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
        onResponseData: (_controller, chunk) => {
          size += chunk.length
          if (size <= maxBody) chunks.push(chunk)
          else stop('BYOO_TOO_LARGE')
        },
        onResponseEnd: () => settle(),
        onResponseError: (_controller, error) => settle(error),
      },
    )
  })
}

class CodedError extends Error {
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/** undici's dispatchers, one for loopback and one for everything else. */
interface Dispatchers {
  /** The one for a host; undici is loaded with the first. */
  for(url: URL): Promise<Dispatcher>
  /** Cuts off all connections. */
  close(): Promise<void>
}

/**
 * Makes dispatchers that check certificates whatever `NODE_TLS_REJECT_UNAUTHORIZED` says, go through the proxy of
 * `env`, and straight to loopback. `timeout` is for connecting, in milliseconds.
 */
export function createDispatchers(
  env: Readonly<Record<string, string | undefined>>,
  timeout: number,
): Dispatchers {
  const made = new Map<boolean, Dispatcher>()
  return {
    for: async ({ hostname }) => {
      const local = isLoopback(hostname)
      // In a bundle the chunk of a CommonJS package has no named exports.
      const { Agent, EnvHttpProxyAgent } = (await import('undici')).default
      const known = made.get(local)
      if (known) return known
      const connect = { timeout, rejectUnauthorized: true }
      const dispatcher = local
        ? new Agent({ connect })
        : asConfiguration(
            () => new EnvHttpProxyAgent({ connect, requestTls: connect, proxyTls: connect, ...proxies(env) }),
          )
      made.set(local, dispatcher)
      return dispatcher
    },
    close: async () => {
      await Promise.all([...made.values()].map((dispatcher) => dispatcher.destroy()))
      made.clear()
    },
  }
}

/** What undici rejects can only be the variables; its message is not shown, since it may hold the password. */
function asConfiguration<Result>(build: () => Result): Result {
  try {
    return build()
  } catch (error) {
    if (error instanceof ByooError) throw error
    throw new ByooError('configuration', 'HTTPS_PROXY and NO_PROXY cannot be used as they are', {
      hint: proxyForm,
    })
  }
}

const proxyForm =
  'write HTTPS_PROXY as http://proxy.example.com:3128 or http://name:password@proxy.example.com:3128, with %2F, %3F and %23 for "/", "?" and "#" in the name or the password'

/** Proxies as curl and others read them; nothing from Node's own environment, and none for plain http. */
function proxies(env: Readonly<Record<string, string | undefined>>) {
  const httpsProxy = env.https_proxy || env.HTTPS_PROXY || ''
  const noProxy = env.no_proxy || env.NO_PROXY || ''
  if (httpsProxy === '') return { httpProxy: '', httpsProxy, noProxy }
  // Not by `URL`, to which the backslash of `DOMAIN\name` ends the host.
  const [, scheme, credentials, host] =
    /^(https?):\/\/(?:([^/?#]*)@)?([^/?#@\\]+)(?:[/?#].*)?$/i.exec(httpsProxy) ?? []
  const url = `${scheme}://${host}`
  if (host === undefined || !parseUrl(url)) {
    throw new ByooError('configuration', 'HTTPS_PROXY must be the URL of an http or https proxy', {
      hint: proxyForm,
    })
  }
  if (credentials === undefined) return { httpProxy: '', httpsProxy: url, noProxy }
  const [name = '', ...password] = credentials.split(':')
  const pair = `${decoded(name)}:${decoded(password.join(':'))}`
  return { httpProxy: '', httpsProxy: url, noProxy, token: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** Percent-decoded; as it is written when it is not percent-encoded throughout. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
