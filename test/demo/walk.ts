import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** One request of a browser, and what came back. */
export interface Step {
  readonly method: string
  /** Exactly as it was asked for. */
  readonly url: string
  readonly status: number
  /** Exactly as it came. */
  readonly location: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Where users land; nobody is asked there. */
export const app = 'https://app.example.com/connected'

/** Goes where a browser without cookies would go, byte for byte, until a page or the app is reached. */
export async function walk(url: string, decision: 'allow' | 'deny' = 'allow'): Promise<Step[]> {
  const steps: Step[] = []
  for (let next: string | undefined = url; next !== undefined && !next.startsWith(app); ) {
    const step = await visit('GET', next)
    const decided = await decide(step, decision)
    steps.push(step, ...(decided ? [decided] : []))
    next = (decided ?? step).location
  }
  return steps
}

/** What comes of an answer to the provider's question; undefined when the page asks nothing. */
export async function decide({ url, body }: Step, decision: 'allow' | 'deny'): Promise<Step | undefined> {
  const transaction = /name="transaction" value="([^"]*)"/.exec(body)?.[1]
  const action = /<form[^>]* action="([^"]*)"/.exec(body)?.[1]
  if (transaction === undefined || action === undefined) return undefined
  return visit('POST', new URL(action, url).href, `${new URLSearchParams({ transaction, decision })}`)
}

/** One request over http; the target is sent as it stands in the URL. */
export function visit(method: string, url: string, form?: string): Promise<Step> {
  const [, host, port, target] = /^http:\/\/([\d.]+):(\d+)(\/.*)$/.exec(url) ?? []
  if (!target) throw new Error(`${url} is not on loopback`)
  return new Promise((resolve, reject) => {
    const headers = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
    const sent = request({ host, port, path: target, method, headers, agent: false }, async (answer) => {
      const { statusCode: status = 0, headers } = answer
      const { location } = headers
      resolve({ method, url, status, location, headers, body: await text(answer) })
    })
    sent.on('error', reject)
    sent.end(form)
  })
}

/** What the app learns when the user lands there. */
export function outcome(steps: readonly Step[]): Record<string, string> | undefined {
  const location = steps.at(-1)?.location
  return location?.startsWith(app) ? Object.fromEntries(new URL(location).searchParams) : undefined
}

/** The query of a URL, from the question mark on. */
export function queryOf(url: string | undefined): string {
  return /\?.*$/.exec(url ?? '')?.[0] ?? ''
}
