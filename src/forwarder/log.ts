import { constants, fstatSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import sonicBoom from 'sonic-boom'
import type { LogLevel } from '../config/listener.ts'

/** One answered request. There is no field for a path, a query, a header or an address: they can hold codes. */
export interface AccessEntry {
  readonly route: string
  readonly provider: string | undefined
  /** Undefined when the request line could not be read. */
  readonly method: string | undefined
  readonly status: number
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
  /** The same at once, for a process that crashes. */
  flushSync(): void
}

type Level = Exclude<LogLevel, 'silent'>

const severities: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

/** In characters. */
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
  const destination = openDestination(options.fd)
  const { access, event } = options.readable ? readable : json
  // Collected here, not by the destination: it measures each piece it is given, and one long string is measured faster.
  let collected = ''
  const write = () => {
    if (collected !== '') destination.write(collected)
    collected = ''
  }
  setInterval(write, 1000).unref()
  return {
    silent: options.level === 'silent',
    access: (entry, level) => {
      if (!shows(level)) return
      collected += access(entry, level)
      if (options.readable || collected.length >= collectedLength) write()
    },
    event: (level, message, fields = {}) => {
      if (!shows(level)) return
      collected += event(level, message, fields)
      write()
    },
    close: () =>
      new Promise((resolve) => {
        write()
        const timer = setTimeout(resolve, 1000)
        destination.flush(() => {
          clearTimeout(timer)
          resolve()
        })
      }),
    flushSync: () => {
      try {
        write()
        destination.flushSync()
      } catch {
        // The reader is gone: there is nobody left to tell.
      }
    },
  }
}

interface Destination {
  write(text: string): void
  /** Calls back when all is written; never when nobody reads. */
  flush(done: () => void): void
  /** Writes what can be written at once. */
  flushSync(): void
}

/**
 * Nothing here may block, neither the server nor a thread: the process could not end then. The operating system does
 * not block on files; pipes and sockets are left to the event loop; a terminal is opened again, not to block.
 */
function openDestination(fd: number): Destination {
  const kind = fstatSync(fd)
  if (kind.isFIFO() || kind.isSocket()) {
    const pipe = new Socket({ fd, readable: false, writable: true })
    // The reader went away: the server goes on without it.
    pipe.on('error', () => {})
    return {
      write: (text) => {
        if (!pipe.destroyed && pipe.writableLength < longestQueue) pipe.write(text)
      },
      flush: (done) => void pipe.write('', done),
      flushSync: () => {},
    }
  }
  const file = new sonicBoom.SonicBoom({
    fd: kind.isCharacterDevice() ? openAgain(fd) : fd,
    sync: false,
    minLength: 1,
    maxWrite: 2 * collectedLength,
    maxLength: longestQueue,
    retryEAGAIN: () => !ending,
  })
  let ending = false
  file.on('error', () => {})
  return {
    write: (text) => void file.write(text),
    flush: (done) => file.flush(done),
    flushSync: () => {
      ending = true
      file.flushSync()
    },
  }
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
  access({ route, provider, method, status, durationMs, hint }: AccessEntry, level: Level): string {
    const start = `{"time":"${timestamp()}","level":"${level}","route":${quote(route)},"provider":${quote(provider)}`
    const end = hint === undefined ? '}\n' : `,"hint":${quote(hint)}}\n`
    return `${start},"method":${quote(method)},"status":${status},"duration_ms":${milliseconds(durationMs)}${end}`
  },
  event(level: Level, message: string, fields: Fields): string {
    return `${JSON.stringify({ time: timestamp(), level, message, ...fields })}\n`
  },
}

const readable = {
  access({ route, provider, method, status, durationMs, hint }: AccessEntry): string {
    const parts = [
      timestamp().slice(11, 19),
      status,
      method ?? '-',
      route,
      provider,
      `${milliseconds(durationMs)} ms`,
      hint,
    ]
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
