import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A control group that limits memory, the buffers of sockets included; needs root. */
export interface MemoryLimit {
  /** A process joins by writing its id there. */
  readonly joinFile: string
  /** Octets that the processes use now and that cannot be dropped: no files that were merely read. */
  usage(): number
  /** When all processes have ended. */
  remove(): void
}

const root = '/sys/fs/cgroup'

/** Makes a control group of version 2, or of 1 where that is what memory is counted by. */
export function limitMemory(octets: number): MemoryLimit {
  const second = existsSync(join(root, 'cgroup.controllers'))
  const folder = join(root, second ? '' : 'memory', `byoo-test-${process.pid}`)
  // A group has `memory.max` when its parent passes the controller on, as systemd's does. In a container, where processes
  // are in the parent itself, the kernel refuses this (EBUSY), and so does the test.
  const control = join(root, 'cgroup.subtree_control')
  if (second && !readFileSync(control, 'utf8').split(/\s/).includes('memory'))
    writeFileSync(control, '+memory')
  mkdirSync(folder)
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const stat = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(read('memory.stat'))?.[1])
  if (second) {
    write('memory.max', String(octets))
    // Missing where the kernel does not count swap.
    if (existsSync(join(folder, 'memory.swap.max'))) write('memory.swap.max', '0')
  } else {
    write('memory.limit_in_bytes', String(octets))
    // Counted apart from the rest, and only when it is limited.
    write('memory.kmem.tcp.limit_in_bytes', String(octets))
  }
  return {
    joinFile: join(folder, 'cgroup.procs'),
    usage: () =>
      second ? stat('anon') + stat('sock') : stat('rss') + Number(read('memory.kmem.tcp.usage_in_bytes')),
    remove: () => rmdirSync(folder),
  }
}
