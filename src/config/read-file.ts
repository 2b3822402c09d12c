import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'

/** How much is read at most; whatever is longer is the wrong file. */
export interface Bound {
  readonly octets: number
  readonly shown: string
}
export const secretBound: Bound = { octets: 65_536, shown: '64 KiB' }
export const fileBound: Bound = { octets: 1_000_000, shown: '1 MB' }

/** A reason in words, where the system has no error of its own. */
export class ReadFault extends Error {}

/** Why one of these functions failed, in words. */
export function explainRead(error: unknown): string {
  if (error instanceof ReadFault) return error.message
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'is a directory, not a file'
  if (code === 'EACCES') return 'may not be read by this user'
  return `cannot be read (${code ?? 'unknown error'})`
}

/** A file that is a file: not a pipe or a device, which may never end. */
export function readRegularFile(path: string, bound: Bound): Buffer {
  return readOpened(open(path), bound)
}

/** A file, or what comes out of a pipe until its other end is closed. */
export async function readFileOrPipe(path: string, bound: Bound): Promise<Buffer> {
  const descriptor = open(path)
  if (!fstatSync(descriptor).isFIFO()) return readOpened(descriptor, bound)
  // Not a read of node:fs: a thread that waits in one keeps the process from ending.
  return readStream(new Socket({ fd: descriptor, readable: true, writable: false }), bound)
}

function open(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
}

/** All of a stream. */
export async function readStream(stream: Readable, bound: Bound): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    length += chunk.length
    if (length > bound.octets) throw tooLong(bound)
  }
  return Buffer.concat(chunks)
}

/** The text of a file, which a byte order mark may begin. */
export function decodeText(bytes: Buffer): string {
  // A mark, or a first character whose other half is empty.
  const isUtf16 = /^(?:\xff\xfe|\xfe\xff|\0[^\0]|[^\0]\0)/.test(bytes.toString('latin1', 0, 2))
  if (isUtf16) {
    throw new ReadFault('is UTF-16 text: save it as UTF-8 (in PowerShell: Out-File -Encoding utf8)')
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new ReadFault('is not UTF-8 text: save it as UTF-8')
  }
}

function readOpened(descriptor: number, bound: Bound): Buffer {
  try {
    const stat = fstatSync(descriptor)
    if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    if (!stat.isFile()) throw new ReadFault('is not a file')
    const buffer = Buffer.alloc(bound.octets + 1)
    let length = 0
    for (let count = -1; count !== 0 && length <= bound.octets; length += count) {
      count = readSync(descriptor, buffer, length, buffer.length - length, null)
    }
    if (length > bound.octets) throw tooLong(bound)
    return buffer.subarray(0, length)
  } finally {
    closeSync(descriptor)
  }
}

function tooLong({ shown }: Bound): ReadFault {
  return new ReadFault(`is longer than ${shown}: it is the wrong file`)
}
