import type { Dispatcher } from 'undici'

/** What became of one request on the wire. */
export interface RawAnswer {
  /** Was there a connection, on which at least part of the request may have left? */
  sent: boolean
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: string
  /** Set when there is no complete answer. */
  error: WireError | undefined
}

/** What went wrong, with a code: undici's, Node's, or `BYOO_TIMEOUT`, `BYOO_ABORTED`, `BYOO_TOO_LARGE`. */
export type WireError = Error & { readonly code?: string }

export interface RawRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  /** Milliseconds from connecting to the last byte. */
  readonly timeout: number
  readonly signal: AbortSignal | undefined
}

/** Bytes of an answer's body. */
const largestBody = 2 * 1024 * 1024

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
          if (size <= largestBody) chunks.push(chunk)
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
