import { lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** Where a running demo says where its page is, for `byoo demo --env`: one file for each user of the machine. */
function noteFile(): string {
  return join(tmpdir(), `byoo-demo-${userInfo().uid}.json`)
}

/** Notes where the page is; false when that is not possible. */
export function noteDemo(url: string): boolean {
  try {
    rmSync(noteFile(), { force: true })
    // Fails on whatever somebody else has put there meanwhile, a link included.
    writeFileSync(noteFile(), JSON.stringify({ url }), { flag: 'wx', mode: 0o600 })
    return true
  } catch {
    return false
  }
}

/** The page's URL of the demo that was started last; undefined when there is none that this user has started. */
export function findDemo(): string | undefined {
  try {
    const { uid } = userInfo()
    const found = lstatSync(noteFile())
    if (!found.isFile() || (uid !== -1 && found.uid !== uid)) return undefined
    const { url } = JSON.parse(readFileSync(noteFile(), 'utf8')) as { url?: unknown }
    return typeof url === 'string' && /^http:\/\/127\.0\.0\.1:\d+$/.test(url) ? url : undefined
  } catch {
    return undefined
  }
}

/** Removes the note, unless another demo has written one since. */
export function forgetDemo(url: string): void {
  if (findDemo() === url) rmSync(noteFile(), { force: true })
}
