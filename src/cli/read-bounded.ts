import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { explainRead } from '../config/explain-read.ts'

/** In octets; whatever is longer is not a secret but the wrong file. */
const maxLength = 65_536

/** A reason in words, where the system has no error of its own. */
export class ReadFault extends Error {}

/** Why one of these functions failed, in words. */
export function explainBoundedRead(error: unknown): string {
  return error instanceof ReadFault ? error.message : explainRead((error as NodeJS.ErrnoException).code)
}

/** A file that is a file: not a pipe or a device, which may never end. */
export function readRegularFile(path: string): Buffer {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    return readOpened(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** A file, or what comes out of a pipe until its other end is closed. */
export async function readFileOrPipe(path: string): Promise<Buffer> {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  if (fstatSync(descriptor).isFIFO()) {
    // Not a read of node:fs: a thread that waits in one keeps the process from ending.
    return readStream(new Socket({ fd: descriptor, readable: true, writable: false }))
  }
  try {
    return readOpened(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** All of a stream. */
export async function readStream(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    length += chunk.length
    if (length > maxLength) throw new ReadFault('is longer than 64 KiB: it is the wrong file')
  }
  return Buffer.concat(chunks)
}

function readOpened(descriptor: number): Buffer {
  const stat = fstatSync(descriptor)
  if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
  if (!stat.isFile()) throw new ReadFault('is not a file')
  const buffer = Buffer.alloc(maxLength + 1)
  let length = 0
  for (let count = -1; count !== 0 && length <= maxLength; length += count) {
    count = readSync(descriptor, buffer, length, buffer.length - length, null)
  }
  if (length > maxLength) throw new ReadFault('is longer than 64 KiB: it is the wrong file')
  return buffer.subarray(0, length)
}
