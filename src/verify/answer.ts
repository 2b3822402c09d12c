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

/** What bytes turn out to be; neither while the headers have not all arrived. */
export interface Reading {
  readonly answer?: Answer
  /** What cannot be read as an answer. */
  readonly fault?: 'not-http'
}

/** Of interim answers and the headers of the final one. */
const headLimit = 128 * 1024
/** Interim answers before the final one. */
const maxInterim = 100
export const bodyLimit = 64 * 1024

type Head = Pick<Answer, 'status' | 'reason' | 'headers'>

/** Reads what has arrived of an answer, whatever it holds; `ended` when no more bytes will come. Pure. */
export function readAnswer(method: string, received: string, ended: boolean): Reading {
  let rest = received
  // Interim answers (RFC 9110 §15.2) are passed over.
  for (let interim = 0; interim <= maxInterim; interim += 1) {
    if (!'HTTP/1.'.startsWith(rest.slice(0, 7))) return { fault: 'not-http' }
    // The first empty line, whichever of the two ways lines end (RFC 9112 §2.2).
    const end = /\n\r?\n/.exec(rest)
    if (!end) return received.length > headLimit || (ended && rest !== '') ? { fault: 'not-http' } : {}
    const head = parseHead(rest.slice(0, end.index))
    rest = rest.slice(end.index + end[0].length)
    if (!head) return { fault: 'not-http' }
    if (head.status >= 200) return { answer: { ...head, ...readBody(method, head, rest, ended) } }
  }
  return { fault: 'not-http' }
}

/** Is nothing more needed, because the answer is whole, too large, or none? */
export function isRead({ answer, fault }: Reading): boolean {
  return fault !== undefined || (answer !== undefined && answer.bodyFault !== 'unfinished')
}

/** Values of a header, in order; the name is given in lower case. */
export function headerValues({ headers }: Pick<Answer, 'headers'>, name: string): string[] {
  return headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
}

function parseHead(text: string): Head | undefined {
  const [first = '', ...lines] = text.replace(/\r$/, '').split(/\r?\n/)
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

function readBody(method: string, head: Head, bytes: string, ended: boolean) {
  const { body, complete } = boundedBody(method, head, bytes, ended)
  // Chunks may be small and their sizes long, so what arrives is bounded too.
  const tooLarge = body.length > bodyLimit || (!complete && bytes.length > 2 * bodyLimit)
  const bodyFault = tooLarge ? 'too-large' : complete ? undefined : 'unfinished'
  return { body: body.slice(0, bodyLimit), bodyFault } as const
}

/** Bounds of RFC 9112 §6.3: none, chunked, a length, or the end of the connection. */
function boundedBody(method: string, head: Head, bytes: string, ended: boolean) {
  if (method === 'HEAD' || head.status === 204 || head.status === 304) return { body: '', complete: true }
  if (headerValues(head, 'transfer-encoding').some((value) => /chunked/i.test(value))) return unchunk(bytes)
  const [length = ''] = headerValues(head, 'content-length')
  if (!/^\d+$/.test(length)) return { body: bytes, complete: ended }
  return { body: bytes.slice(0, Number(length)), complete: bytes.length >= Number(length) }
}

function unchunk(bytes: string) {
  let body = ''
  let start = 0
  while (body.length <= bodyLimit) {
    const end = bytes.indexOf('\n', start)
    if (end === -1) break
    const [size] = /^[0-9a-f]+/i.exec(bytes.slice(start, end)) ?? []
    start = end + 1
    // The end of the line after a chunk.
    if (size === undefined) continue
    const length = Number.parseInt(size, 16)
    if (length === 0) return { body, complete: true }
    body += bytes.slice(start, start + length)
    start += length
  }
  return { body, complete: false }
}
