import { constants, fstatSync, openSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { LogLevel } from '../config/listener.ts'
import type { Reply } from './reply.ts'

/** One answered request. There is no field for a path, a query, a header or an address: they can hold codes. */
export interface AccessEntry extends Pick<Reply, 'route' | 'provider' | 'to' | 'status'> {
  /** Undefined when the request line could not be read. */
  readonly method: string | undefined
  readonly durationMs: number
  /** What the operator should do about it. */
  readonly hint?: string
}

/** Values of an event; never anything that a client sent. */
export type Fields = Readonly<Record<string, unknown>>

/** Where the forwarder says what it does: one JSON line each, or readable text. */
export interface Log {
  /** Is nothing shown at all? */
  readonly silent: boolean
  access(entry: AccessEntry, level: Level): void
  event(level: Level, message: string, fields?: Fields): void
  /** Writes out what is buffered; waits at most a second for a slow reader. */
  close(): Promise<void>
  /** Writes out what can be written at once, for a process that ends. */
  flush(): void
}

type Level = Exclude<LogLevel, 'silent'>

const severities: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

/** In octets. */
const collectedLength = 65_536

/** What may wait for a reader that falls behind, in octets. */
const longestQueue = 8 * 1024 * 1024

/**
 * Opens the log on a file descriptor. JSON lines are collected for at most a second or 64 KiB, since a write per
 * request costs more than the request; text for a terminal is written at once. When the reader falls behind by
 * 8 MiB or goes away, lines are dropped rather than kept in memory or allowed to stop the server.
 */
export function openLog(options: { level: LogLevel; fd: number; readable: boolean }): Log {
  const threshold = severities.indexOf(options.level)
  const shows = (level: Level) => severities.indexOf(level) >= threshold
  const stream = openStream(options.fd)
  // Its reader went away: the server goes on without it.
  stream.on('error', () => {})
  const { access, event } = options.readable ? readable : json
  // Octets, not text: thousands of its pieces would outlive collections of garbage, and V8 then takes more memory.
  const collected = Buffer.allocUnsafeSlow(collectedLength)
  let length = 0
  const put = (bytes: Buffer | string) => {
    if (!stream.destroyed && stream.writableLength < longestQueue) stream.write(bytes)
  }
  const write = () => {
    if (length > 0) put(Buffer.from(collected.subarray(0, length)))
    length = 0
  }
  const add = (line: string, atOnce: boolean) => {
    // UTF-8 has at most three octets for each of JavaScript's characters.
    const longest = line.length * 3
    if (atOnce || length + longest > collectedLength) write()
    if (atOnce || longest > collectedLength) put(line)
    else length += collected.write(line, length)
  }
  setInterval(write, 1000).unref()
  return {
    silent: options.level === 'silent',
    access: (entry, level) => {
      if (shows(level)) add(access(entry, level), options.readable)
    },
    event: (level, message, fields = {}) => {
      if (shows(level)) add(event(level, message, fields), true)
    },
    close: async () => {
      write()
      const written = new Promise((done) => stream.write('', done))
      await Promise.race([written, wait(1000)])
    },
    flush: write,
  }
}

/**
 * Nothing here may wait for a reader, neither the server nor a thread: the process could not end then. Pipes and sockets
 * are left to the event loop. Files are written at once, as they do not block; a terminal is opened again, so that it
 * does not block either, and is asked again while it is stopped.
 */
function openStream(fd: number): Writable {
  const kind = fstatSync(fd)
  if (kind.isFIFO() || kind.isSocket()) return new Socket({ fd, readable: false, writable: true })
  const file = kind.isCharacterDevice() ? openAgain(fd) : fd
  const put = (bytes: Buffer, done: () => void) => {
    // Of a full disk or a closed terminal nobody can be told: those lines are dropped.
    let written = bytes.length
    try {
      written = writeSync(file, bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') written = 0
    }
    if (written === bytes.length) done()
    else setTimeout(put, 5, bytes.subarray(written), done)
  }
  return new Writable({ write: (bytes, _encoding, done) => put(bytes, done) })
}

function openAgain(fd: number): number {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants
  try {
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY)
  } catch {
    return fd
  }
}

const json = {
  access({ route, provider, to, method, status, durationMs, hint }: AccessEntry, level: Level): string {
    const start = `{"time":"${timestamp()}","level":"${level}","route":${quote(route)},"provider":${quote(provider)}`
    const more =
      (to === undefined ? '' : `,"to":"${to}"`) + (hint === undefined ? '' : `,"hint":${quote(hint)}`)
    return `${start},"method":${quote(method)},"status":${status},"duration_ms":${milliseconds(durationMs)}${more}}\n`
  },
  event(level: Level, message: string, fields: Fields): string {
    return `${JSON.stringify({ time: timestamp(), level, message, ...fields })}\n`
  },
}

const readable = {
  access({ route, provider, to, method, status, durationMs, hint }: AccessEntry): string {
    const what = [timestamp().slice(11, 19), status, method ?? '-', route, provider, to && `to ${to}`]
    const parts = [...what, `${milliseconds(durationMs)} ms`, hint]
    return `${parts.filter((part) => part !== undefined).join('  ')}\n`
  },
  event(level: Level, message: string, fields: Fields): string {
    const lines = Object.entries(fields).flatMap(([name, value]) =>
      Array.isArray(value) ? value.map((item) => `  ${item}`) : `  ${name}: ${value}`,
    )
    return `${[level === 'info' ? message : `${level}: ${message}`, ...lines].join('\n')}\n`
  },
}

/** Routes, providers and methods are few, so each is quoted once. */
const quoted = new Map<string, string>()

function quote(text: string | undefined): string {
  if (text === undefined) return 'null'
  const known = quoted.get(text)
  if (known !== undefined) return known
  const json = JSON.stringify(text)
  quoted.set(text, json)
  return json
}

let stampedAt = 0
let stamp = ''

function timestamp(): string {
  const now = Date.now()
  if (now !== stampedAt) {
    stampedAt = now
    stamp = new Date(now).toISOString()
  }
  return stamp
}

function milliseconds(duration: number): number {
  return Math.round(duration * 1000) / 1000
}
