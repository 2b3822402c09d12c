/** The head of an HTTP/1.1 message, up to and with the empty line; or other bytes. */
export type Piece = { readonly head: string } | { readonly rest: Buffer }

/** The longest head that is looked for; more than the forwarder takes. */
const longestHead = 131_072
const emptyLine = Buffer.from('\r\n\r\n')

/** Cuts one direction of a connection into heads and what is between them; put together again, it is the same. */
export class MessageCutter {
  readonly #bodyLength: (head: string) => number
  #head = Buffer.alloc(0)
  #body = 0

  /** `bodyLength` tells how many bytes follow a head; Infinity when that cannot be told. */
  constructor(bodyLength: (head: string) => number) {
    this.#bodyLength = bodyLength
  }

  /** Yields each piece before it looks for the next. */
  *cut(chunk: Buffer): Generator<Piece> {
    let left = chunk
    while (left.length > 0) {
      if (this.#body > 0) {
        const rest = left.subarray(0, this.#body)
        this.#body -= rest.length
        left = left.subarray(rest.length)
        yield { rest }
        continue
      }
      const bytes = Buffer.concat([this.#head, left])
      const end = bytes.indexOf(emptyLine)
      if (end === -1) {
        this.#head = bytes
        if (bytes.length > longestHead) this.#body = Number.POSITIVE_INFINITY
        if (this.#body > 0) yield { rest: this.flush() }
        return
      }
      const head = bytes.subarray(0, end + emptyLine.length).toString('latin1')
      left = bytes.subarray(end + emptyLine.length)
      this.#head = Buffer.alloc(0)
      this.#body = this.#bodyLength(head)
      yield { head }
    }
  }

  /** What has arrived of a head that never ended. */
  flush(): Buffer {
    const head = this.#head
    this.#head = Buffer.alloc(0)
    return head
  }
}

/** The value of a header in a head, or undefined. */
export function headerOf(head: string, name: string): string | undefined {
  return headersOf(head)[name]
}

/** Header names in lower case, and values. */
export function headersOf(head: string): Readonly<Record<string, string>> {
  const [, ...lines] = head.trim().split('\r\n')
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
}
