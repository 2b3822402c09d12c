import type { Socket } from 'node:net'

/** What the parser is given at once, in octets. */
const sliceLength = 1024

/** Where the headers of a request end (RFC 9112 §2.1), which is where a slice is cut as well. */
const endOfHeaders = Buffer.from('\r\n\r\n')

/**
 * How much of one read, of up to 64 KiB, may wait here before the socket is read again, in octets: with Node's own
 * bound a second read of that size would be kept for each connection.
 */
export const readHighWaterMark = 16_384

/**
 * Has a request of a connection parsed only when `mayParse` says so, that is when the answers before it have left.
 * Node would parse all that it has read, thousands of tiny requests, before anything could push back; so its `data`
 * listener is taken off the socket and given about one request at a time. What waits goes back into the socket.
 * Returns the function to call when `mayParse` may have changed its mind. After `isOver`, bytes are dropped.
 */
export function boundPipelining(socket: Socket, mayParse: () => boolean, isOver: () => boolean): () => void {
  const [parse] = socket.listeners('data') as [((slice: Buffer) => void)?]
  // Bun parses by itself, before anybody could push back.
  if (!parse) return () => undefined
  let waits = false
  socket.off('data', parse)
  socket.on('data', (read: Buffer) => {
    for (let rest = read; rest.length > 0 && !isOver(); ) {
      // When it is paused already, Node has done so, for answers that the client does not take, and resumes it, too:
      // the parser must not be given anything meanwhile.
      if (socket.isPaused() || !mayParse()) {
        waits = !socket.isPaused()
        socket.pause()
        socket.unshift(rest)
        return
      }
      const slice = firstSlice(rest)
      // Mostly a read is one request.
      if (slice === rest) return parse(slice)
      rest = rest.subarray(slice.length)
      parse(slice)
    }
  })
  return () => {
    if (!waits || !mayParse()) return
    waits = false
    // In the next turn of the event loop, so that all connections take turns.
    setImmediate(() => socket.resume())
  }
}

function firstSlice(bytes: Buffer): Buffer {
  const longest = bytes.length > sliceLength ? bytes.subarray(0, sliceLength) : bytes
  const end = longest.indexOf(endOfHeaders)
  const length = end === -1 ? longest.length : end + endOfHeaders.length
  return length === longest.length ? longest : longest.subarray(0, length)
}
