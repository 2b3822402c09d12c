import { spawn } from 'node:child_process'
import type { Context } from './context.ts'

/** Milliseconds after which an opener that still runs has done its work. */
const timeout = 3000

/** Opens an http(s) URL in the person's browser; tells why when that is not possible. No shell ever sees the URL. */
export function openUrl(url: string, { env, platform }: Context): Promise<string | undefined> {
  if (!/^https?:\/\/[\x21-\x7e]+$/i.test(url)) return Promise.resolve('it is not an http or https URL')
  const [program, ...before] = openers[platform] ?? ['xdg-open']
  return new Promise((resolve) => {
    const options = { stdio: 'ignore', detached: true, env: withoutSecrets(env), shell: false } as const
    const child = spawn(program, [...before, url], options)
    const end = (fault?: string) => {
      clearTimeout(timer)
      child.unref()
      resolve(fault)
    }
    const timer = setTimeout(end, timeout)
    child.once('error', ({ code }: NodeJS.ErrnoException) => {
      end(code === 'ENOENT' ? `there is no ${program} on this machine` : `${program} failed (${code})`)
    })
    child.once('exit', (exitCode) => {
      end(exitCode === 0 ? undefined : `${program} failed (${exitCode ?? 'it was stopped'})`)
    })
  })
}

const openers: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/** A browser has no use for keys. */
function withoutSecrets(env: Context['env']): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(?:JUNCTION|BYOO)_/i.test(name)))
}
