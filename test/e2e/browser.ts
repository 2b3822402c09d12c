import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { text } from 'node:stream/consumers'

/** One request, and what came back. */
export interface Visit {
  readonly method: string
  /** Exactly as it was asked for. */
  readonly url: string
  readonly status: number
  /** Exactly as it came. */
  readonly location: string | undefined
  readonly body: string
}

/** What a person does on a page: sends its form, follows a link, or leaves it alone. */
export type Person = (
  visit: Visit,
) => { readonly fields: Readonly<Record<string, string>> } | { readonly link: string } | undefined

/** A browser with cookies and without scripts; every host name is on loopback, and URLs go out byte for byte. */
export class Browser {
  readonly #ca: string | undefined
  /** By origin and name. */
  readonly #cookies = new Map<string, string>()

  constructor(ca?: string) {
    this.#ca = ca
  }

  /** Follows redirects, and does what the person does, until a page is left alone or the start of a URL is reached. */
  async walk(url: string, person: Person, until: string): Promise<Visit[]> {
    const visits: Visit[] = []
    for (let next: string | undefined = url; next !== undefined && !next.startsWith(until); ) {
      const visit: Visit = await this.visit('GET', next)
      visits.push(visit)
      next = target(visit)
      const deed = next === undefined ? person(visit) : undefined
      if (deed === undefined) continue
      if ('link' in deed) next = new URL(deed.link, visit.url).href
      else {
        const posted = await this.#send(visit, deed.fields)
        visits.push(posted)
        next = target(posted)
      }
    }
    return visits
  }

  #send({ url, body }: Visit, fields: Readonly<Record<string, string>>): Promise<Visit> {
    const action = /<form[^>]* action="([^"]*)"/.exec(body)?.[1] ?? ''
    const form = new URLSearchParams(fields)
    for (const [, name = '', value = ''] of body.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
      form.append(name, value)
    }
    return this.visit('POST', new URL(action, url).href, `${form}`)
  }

  visit(method: string, url: string, form?: string): Promise<Visit> {
    const [, origin = '', scheme, host, port, path] =
      /^((https?):\/\/([^/:?]+)(?::(\d+))?)(\/.*)$/.exec(url) ?? []
    if (path === undefined) throw new Error(`${url} has no path`)
    const cookies = [...this.#cookies].flatMap(([key, pair]) => (key.startsWith(`${origin} `) ? [pair] : []))
    const headers = {
      host: port === undefined ? host : `${host}:${port}`,
      ...(cookies.length > 0 && { cookie: cookies.join('; ') }),
      ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
    }
    const options = { host: '127.0.0.1', port, path, method, headers, agent: false }
    return new Promise((resolve, reject) => {
      const sent =
        scheme === 'https'
          ? requestHttps({ ...options, ca: this.#ca, servername: host })
          : requestHttp(options)
      sent.on('error', reject)
      sent.on('response', async (answer) => {
        for (const cookie of answer.headers['set-cookie'] ?? []) {
          const [pair = ''] = cookie.split(';')
          this.#cookies.set(`${origin} ${pair.split('=')[0]}`, pair)
        }
        const { statusCode: status = 0, headers } = answer
        resolve({ method, url, status, location: headers.location, body: await text(answer) })
      })
      sent.end(form)
    })
  }
}

function target({ url, location }: Visit): string | undefined {
  if (location === undefined || /^https?:\/\//.test(location)) return location
  return new URL(location, url).href
}

/** The query of a URL, from the question mark on. */
export function queryOf(url: string | undefined): string {
  return /\?.*$/.exec(url ?? '')?.[0] ?? ''
}
