import { ByooError } from '../errors.ts'

/** Waits for a server to listen; says what to do when it cannot. `option` is the one that chooses the port. */
export async function bind<Bound>(
  listening: Promise<Bound>,
  host: string,
  port: number,
  option: string,
): Promise<Bound> {
  try {
    return await listening
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reasons: Record<string, string> = {
      EADDRINUSE: `something else listens on port ${port} already: stop it, or choose another port with ${option}`,
      EACCES: `this user may not use port ${port}: choose one from 1024 with ${option}`,
      EADDRNOTAVAIL: 'this machine has no such address: choose one with --host',
      ENOTFOUND: 'there is no such address: choose one with --host',
    }
    const reason = reasons[code ?? ''] ?? code
    throw new ByooError('cannot_listen', `cannot listen on ${host} port ${port}: ${reason}`, { cause: error })
  }
}
