/** An HTTP/1 answer; texts are Latin-1, so that every character is one byte. */
export interface Answer {
  readonly status: number
  readonly reason: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** At most `bodyLimit` bytes, without transfer coding. */
  readonly body: string
  /** Why the body is not whole. */
  readonly bodyFault: 'too-large' | 'unfinished' | undefined
}

/** What cannot be read as an answer. */
export type AnswerFault = 'not-http' | 'endless-header' | 'http2-only'

/** Reads one answer from chunks of bytes, within bounds, whatever they hold. */
export interface AnswerReader {
  /** True once nothing more is needed: the answer or the fault is known. */
  push(chunk: Buffer): boolean
  /** No more bytes will come. */
  end(): void
  readonly fault: AnswerFault | undefined
  /** Set as soon as the headers are there; its body is what has arrived so far. */
  readonly answer: Answer | undefined
}

const headLimit = 128 * 1024
/** Interim answers before the final one. */
const maxInterim = 100
export const bodyLimit = 64 * 1024

type Head = Pick<Answer, 'status' | 'reason' | 'headers'>

export function createAnswerReader(method: string): AnswerReader {
  let pending = Buffer.alloc(0)
  let head: Head | undefined
  let body: BodyReader | undefined
  let fault: AnswerFault | undefined
  let done = false
  let interim = 0

  /** Is it known what this is? Interim answers (RFC 9110 §15.2) are passed over. */
  const readHead = (): boolean => {
    for (;;) {
      // A frame that has not arrived completely.
      if (pending[0] === 0 && pending.length < 9) return false
      if (looksLikeHttp2(pending)) fault = 'http2-only'
      else if (!'HTTP/1.'.startsWith(pending.toString('latin1', 0, 7))) fault = 'not-http'
      if (fault) return true
      const end = endOfHead(pending)
      if (end === undefined) {
        if (pending.length > headLimit) fault = 'endless-header'
        return fault !== undefined
      }
      const parsed = parseHead(pending.toString('latin1', 0, end))
      pending = pending.subarray(end)
      if (!parsed) {
        fault = 'not-http'
        return true
      }
      if (parsed.status >= 200) {
        head = parsed
        body = createBodyReader(method, parsed)
        return true
      }
      interim += 1
      if (interim > maxInterim) {
        fault = 'endless-header'
        return true
      }
    }
  }

  return {
    push: (chunk) => {
      if (done) return true
      pending = Buffer.concat([pending, chunk])
      if (!head && !readHead()) return false
      done = fault !== undefined || (body?.push(pending) ?? false)
      pending = Buffer.alloc(0)
      return done
    },
    end: () => {
      if (!head && pending.length > 0) fault ??= 'not-http'
      body?.end()
    },
    get fault() {
      return fault
    },
    get answer() {
      return head && body && { ...head, ...body.result() }
    },
  }
}

/** Values of a header, in order; the name is given in lower case. */
export function headerValues({ headers }: Pick<Answer, 'headers'>, name: string): string[] {
  return headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
}

/** A SETTINGS or GOAWAY frame on stream 0 (RFC 9113 §3.4, §4.1). */
function looksLikeHttp2(bytes: Buffer): boolean {
  return (
    bytes.length >= 9 && bytes[0] === 0 && (bytes[3] === 4 || bytes[3] === 7) && bytes.readUInt32BE(5) === 0
  )
}

/** After the first empty line, whichever of the two ways lines end (RFC 9112 §2.2). */
function endOfHead(bytes: Buffer): number | undefined {
  for (let at = bytes.indexOf('\n'); at !== -1; at = bytes.indexOf('\n', at + 1)) {
    const next = bytes.toString('latin1', at + 1, at + 3)
    if (next.startsWith('\n')) return at + 2
    if (next === '\r\n') return at + 3
  }
  return undefined
}

function parseHead(text: string): Head | undefined {
  const [first = '', ...lines] = text.replace(/(\r?\n)+$/, '').split(/\r?\n/)
  const [, status, reason = ''] = /^HTTP\/1\.\d (\d{3})(?: (.*))?$/.exec(first) ?? []
  if (status === undefined) return undefined
  const headers: [string, string][] = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    const last = headers.at(-1)
    if (/^[ \t]/.test(line) && last) last[1] += ` ${line.trim()}`
    else if (colon > 0)
      headers.push([line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|(?<![ \t])[ \t]+$/g, '')])
    else return undefined
  }
  return { status: Number(status), reason, headers }
}

interface BodyReader {
  /** True once the body is complete, or too large to be read on. */
  push(chunk: Buffer): boolean
  end(): void
  result(): Pick<Answer, 'body' | 'bodyFault'>
}

/** Bounds of RFC 9112 §6.3: none, chunked, a length, or the end of the connection. */
function createBodyReader(method: string, head: Head): BodyReader {
  const none = method === 'HEAD' || head.status === 204 || head.status === 304
  const chunked = !none && headerValues(head, 'transfer-encoding').some((value) => /chunked/i.test(value))
  const [length] = headerValues(head, 'content-length')
  const untilClose = !none && !chunked && !/^\d+$/.test(length ?? '')
  let remaining = none || chunked ? 0 : untilClose ? Number.POSITIVE_INFINITY : Number(length)
  let complete = !chunked && remaining === 0
  let tooLarge = false
  let body = ''
  let sizeLine = ''

  const take = (bytes: Buffer): Buffer => {
    const size = Math.min(bytes.length, remaining)
    body += bytes.toString('latin1', 0, Math.min(size, bodyLimit - body.length))
    remaining -= size
    tooLarge ||= body.length >= bodyLimit && remaining > 0
    return bytes.subarray(size)
  }
  const takeChunked = (bytes: Buffer): void => {
    let rest = bytes
    while (rest.length > 0 && !complete && !tooLarge) {
      if (remaining > 0) {
        rest = take(rest)
        continue
      }
      sizeLine += String.fromCharCode(rest[0] ?? 0)
      rest = rest.subarray(1)
      tooLarge ||= sizeLine.length > 1000
      if (!sizeLine.endsWith('\n')) continue
      const size = /^[0-9a-f]+/i.exec(sizeLine)?.[0]
      sizeLine = ''
      if (size === undefined) continue
      remaining = Number.parseInt(size, 16)
      complete = remaining === 0
    }
  }
  return {
    push: (chunk) => {
      if (chunked) takeChunked(chunk)
      else if (!complete && !tooLarge) {
        take(chunk)
        complete = remaining === 0
      }
      return complete || tooLarge
    },
    end: () => {
      complete ||= untilClose
    },
    result: () => ({ body, bodyFault: tooLarge ? 'too-large' : complete ? undefined : 'unfinished' }),
  }
}
