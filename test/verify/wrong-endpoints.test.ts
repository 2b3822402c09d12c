import { expect, test } from 'vitest'
import type { FindingId } from '../../src/verify/findings.ts'
import { failures } from '../../src/verify/verification.ts'
import { type Asked, junction, type Reply, redirect, refuse, rightAnswer } from './callback-server.ts'
import { verifyAnswer } from './verify-answer.ts'

type Answer = (asked: Asked) => Reply
type Change = (query: string) => string

/** An endpoint that is wrong on purpose, and everything that must be found about it, the worst first. */
type Row = readonly [
  name: string,
  answer: Answer,
  findings: readonly FindingId[],
  detail?: string | undefined,
]

/** Right but for the redirect. */
function redirecting(change: Answer): Answer {
  return (asked) => (rightAnswer(asked).status === 307 ? change(asked) : rightAnswer(asked))
}

/** Right but for what it does to the query. */
function rewriting(change: Change): Answer {
  return redirecting(({ provider, query }) => redirect(junction + provider + change(query)))
}

/** Right but for a query that is decoded; what cannot be decoded is an error of the server. */
function decoding(change: Change): Answer {
  return (asked) => {
    try {
      return rewriting((query) => change(Buffer.from(query, 'latin1').toString()))(asked)
    } catch {
      return refuse(500)
    }
  }
}

/** Right but for headers, status and body of the redirect. */
function answering(change: (right: Reply, asked: Asked) => Partial<Reply>): Answer {
  return redirecting((asked) => ({ ...rightAnswer(asked), ...change(rightAnswer(asked), asked) }))
}

/** Right but for requests that it refuses. */
function refusing(status: number, when: (asked: Asked) => boolean): Answer {
  return (asked) => (when(asked) ? refuse(status) : rightAnswer(asked))
}

const page = (body: string): Reply => ({ status: 200, headers: [], body })
const without = ({ headers }: Reply, name: string) => headers.filter(([key]) => key !== name)

const text = (query: string) => query.replace(/^\?/, '')
const asQuery = (changed: string) => (changed === '' ? '' : `?${changed}`)
const parts = (query: string, change: (parts: string[]) => string[]) =>
  query && `?${change(text(query).split('&')).join('&')}`
const keep = (query: string, rule: (part: string) => boolean) =>
  asQuery(text(parts(query, (all) => all.filter(rule))))
const nameOf = (part: string) => part.split('=', 1)[0] ?? ''
const only = (query: string, names: readonly string[]) => keep(query, (part) => names.includes(nameOf(part)))
const upperHex = (query: string) => query.replace(/%[0-9a-f]{2}/gi, (escaped) => escaped.toUpperCase())
const form = (query: string) =>
  asQuery(new URLSearchParams(Buffer.from(query, 'latin1').toString('utf8')).toString())
/** What `new URLSearchParams(req.query)` makes of it. */
function objectAsForm(query: string): string {
  const object: Record<string, string[]> = Object.create(null)
  for (const [name, value] of new URLSearchParams(Buffer.from(query, 'latin1').toString('utf8'))) {
    object[name] = [...(object[name] ?? []), value]
  }
  const joined = Object.entries(object).map(([name, values]): [string, string] => [name, values.join()])
  return asQuery(new URLSearchParams(joined).toString())
}
const joinRepeated = (all: string[]) => {
  const values = new Map<string, string>()
  for (const part of all) {
    const earlier = values.get(nameOf(part))
    values.set(
      nameOf(part),
      earlier === undefined ? part : `${earlier},${part.slice(nameOf(part).length + 1)}`,
    )
  }
  return [...values.values()]
}
const firstOf = (all: string[]) =>
  all.filter((part, index) => all.findIndex((other) => nameOf(other) === nameOf(part)) === index)

/** What is done to the query, by what must be found and said of it. */
const rewrites: Partial<Record<FindingId, Readonly<Record<string, Change>>>> = {
  'query-re-encoded': {
    'parsed and written again as a form: URLSearchParams or a similar encoder': form,
    'new URL(…).search': (query) => new URL(`http://host.invalid/${query}`).search,
    '+ becomes %20': (query) => query.replaceAll('+', '%20'),
    '%20 becomes +': (query) => query.replaceAll('%20', '+'),
    'escapes are written in upper case': upperHex,
    '% is encoded again as %25': (query) => query.replaceAll('%', '%25'),
    '& becomes &amp;': (query) => query.replaceAll('&', '&amp;'),
    'the whole query in lower case': (query) => query.toLowerCase(),
  },
  'query-decoded': {
    '%2B becomes +': (query) => query.replaceAll('%2B', '+'),
    '%7E becomes ~': (query) => query.replaceAll('%7E', '~'),
  },
  'parameters-changed': {
    'a parser that takes ; for &': (query) => query.replaceAll(';', '&'),
    'repeated names are joined with a comma': (query) => parts(query, joinRepeated),
    'parameters are sorted': (query) => parts(query, (all) => all.sort()),
    'the query is appended twice, with &': (query) => (query.length > 1 ? `${query}&${text(query)}` : query),
    'utm=1 is added at the end': (query) => `${query || '?'}${query ? '&' : ''}utm=1`,
  },
  'parameters-lost': {
    'of repeated names only the first is kept': (query) => parts(query, firstOf),
    'parameters without a value are dropped': (query) => keep(query, (part) => /=./.test(part)),
    'only code, state are kept': (query) => only(query, ['code', 'state']),
  },
  'question-mark-changed': {
    'a "?" is added to a callback without a query': (query) => query || '?',
    'a "?" without a query is dropped': (query) => (query === '?' ? '' : query),
  },
  'query-lost': { 'the query is not appended': () => '' },
}

/** Where users are sent to, by what must be found. */
const destinations: readonly (readonly [template: string, ...findings: FindingId[]])[] = [
  ['https://api.eu.junction.com/v2/link/connect/{provider}', 'wrong-environment'],
  ['https://api.sandbox.us.junction.com/v2/link/connect/{provider}', 'wrong-environment'],
  ['https://api.sandbox.eu.tryvital.io/v2/link/connect/{provider}', 'wrong-environment', 'older-host'],
  ['https://api.tryvital.io/v2/link/connect/{provider}', 'older-host'],
  [`${junction}strava`, 'wrong-provider'],
  ['https://api.us.junction.com/v2/link/callback/{provider}', 'wrong-target'],
  ['http://api.us.junction.com/v2/link/connect/{provider}', 'wrong-target'],
  ['https://junction.example/v2/link/connect/{provider}', 'wrong-host'],
]

/** Right but for one thing, or two, by all that must be found about it, the worst first. */
const others: Readonly<Record<string, Readonly<Record<string, Answer>>>> = {
  'parameters-lost unclean-limit': { 'cuts at 2,048 bytes': rewriting((query) => query.slice(0, 2048)) },
  'query-decoded header-injection': { 'decodes once too often': rewriting(unescape) },
  'query-changed': { 'changes something nobody knows': rewriting((query) => query.replaceAll('%2F', '%!')) },
  'header-injection': {
    'decodes line breaks into headers': rewriting((query) => query.replace(/%0d%0a/i, '\r\n')),
  },
  'unclean-limit': { 'cuts beyond 20,000 bytes': rewriting((query) => query.slice(0, 20_000)) },
  'wrong-provider': {
    'translates the provider': redirecting(({ provider, query }) =>
      redirect(junction + provider.replace('strava', 'strava_v2') + query),
    ),
  },
  'extra-hop open-redirect': {
    'adds a slash first': redirecting(({ path, query, host }) =>
      redirect(`http://${host}${path}/${query}`, 301),
    ),
  },
  'wrong-host wrong-status': {
    'goes to www first': redirecting(({ path, query }) =>
      redirect(`http://www.127.0.0.1${path}${query}`, 301),
    ),
  },
  'extra-hop': {
    'goes to https first': redirecting(({ path, query }) =>
      redirect(`https://127.0.0.1${path}${query}`, 308),
    ),
  },
  'wrong-status': {
    'answers 302': answering(() => ({ status: 302 })),
    'answers 303': answering(() => ({ status: 303 })),
  },
  'cacheable wrong-status headers-missing': {
    'answers 301 without no-store': answering((right) => ({
      status: 301,
      headers: without(right, 'Cache-Control'),
    })),
    'answers 308 without no-store': answering((right) => ({
      status: 308,
      headers: without(right, 'Cache-Control'),
    })),
  },
  'no-redirect': {
    'redirects with a meta element': redirecting(({ query }) =>
      page(`<meta http-equiv="refresh" content="0; url=${junction}strava${query}">`),
    ),
    'redirects with JavaScript': redirecting(({ query }) =>
      page(`<script>window.location.href = "${junction}strava${query}"</script>`),
    ),
    'answers with a page': redirecting(() => page('hello')),
  },
  'body-has-code': {
    'repeats the code in the body': answering((_, { query }) => ({ body: `<a href="${query}">go on</a>` })),
  },
  'cacheable headers-missing': {
    'lets caches keep the answer': answering((right) => ({
      headers: [...without(right, 'Cache-Control'), ['Cache-Control', 'max-age=600']],
    })),
    'lets caches keep the answer until a date': answering((right) => ({
      headers: [...without(right, 'Cache-Control'), ['Expires', '1 Jan 2100']],
    })),
  },
  'open-redirect': {
    'goes where redirect_uri says': redirecting((asked) => {
      const asks = new URLSearchParams(asked.query).get('redirect_uri')
      return asks === null ? rightAnswer(asked) : redirect(asks)
    }),
    'goes where X-Forwarded-Host says': redirecting((asked) => {
      const host = asked.headers['x-forwarded-host']
      return host === undefined ? rightAnswer(asked) : redirect(`https://${host}/${asked.query}`)
    }),
    'tidies paths that begin with //': (asked) =>
      asked.target.startsWith('//')
        ? redirect(asked.target.replace(/\/%2e%2e.*$/, '/'), 301)
        : rightAnswer(asked),
  },
  'head-differs': { 'refuses HEAD': refusing(405, ({ method }) => method === 'HEAD') },
  'requires-parameters': {
    'demands a query': refusing(400, ({ query }) => query.length < 2),
    'demands code or error': refusing(400, ({ query }) => !/[?&](code|error)=/.test(query)),
    'demands a code': refusing(400, ({ query }) => !/[?&]code=/.test(query)),
    'demands a state': refusing(400, ({ query }) => !/[?&]state=/.test(query)),
    'demands a state that is not empty': refusing(400, ({ query }) => !/[?&]state=[^&]/.test(query)),
  },
  'refuses-long': { 'refuses long queries': refusing(414, ({ query }) => query.length > 2000) },
  'refuses-characters': {
    'refuses what a firewall fears': refusing(403, ({ query }) => /%00|%0d%0a|__proto__|["<>]/i.test(query)),
  },
  'refuses-callbacks': { 'knows nothing': () => refuse(404) },
  'server-error': {
    'always fails': () => refuse(500),
    'fails where decoding fails': (asked) => {
      try {
        decodeURIComponent(asked.query)
        return rightAnswer(asked)
      } catch {
        return refuse(500)
      }
    },
  },
  'several-locations': {
    'has two locations': answering(({ headers }) => ({
      headers: [...headers, ['Location', 'https://host.invalid/']],
    })),
  },
  'not-refused': {
    'forwards every method': (asked) => rightAnswer({ ...asked, method: 'GET' }),
    'forwards any provider': (asked) => {
      const right = rightAnswer(asked)
      const odd =
        right.status === 404 && asked.path.startsWith('/oauth_callback/') && !/.\//.test(asked.provider)
      return odd && asked.method === 'GET' ? redirect(junction + asked.provider + asked.query) : right
    },
    'forwards longer paths': (asked) =>
      rightAnswer({ ...asked, provider: asked.provider.replace(/^([a-z_]+)\/(?!\.\.).*$/, '$1') }),
    'forwards fragments': ({ target, query, ...asked }) =>
      rightAnswer({ ...asked, target: target.replace(/#.*/, ''), query: query.replace(/#.*/, '') }),
  },
  'unusual-mishandled': {
    'does not know whole URLs as targets': refusing(404, ({ target }) => target.startsWith('http')),
  },
  'reflected-input': {
    'repeats the path on error pages': (asked) => {
      const right = rightAnswer(asked)
      return right.status === 404 ? { ...right, body: `Cannot GET ${asked.target}` } : right
    },
  },
  'headers-missing': {
    'lacks Referrer-Policy': (asked) => ({
      ...rightAnswer(asked),
      headers: without(rightAnswer(asked), 'Referrer-Policy'),
    }),
  },
  'version-shown': {
    'tells its version': answering(({ headers }) => ({ headers: [...headers, ['Server', 'thing/1.2.3']] })),
  },
  'endless-body': { 'sends an enormous body': answering(() => ({ body: 'x'.repeat(5_000_000) })) },
  'query-decoded server-error': {
    'sends encodeURI(decodeURIComponent(query))': decoding((query) => encodeURI(decodeURIComponent(query))),
    'sends the search of a URL made of the decoded query': decoding(
      (query) => new URL(`http://host.invalid/${decodeURIComponent(query)}`).search,
    ),
  },
  'parameters-changed query-re-encoded': {
    'reads the query into an object and writes that as a form': rewriting(objectAsForm),
  },
  'parameters-changed query-re-encoded question-mark-changed': {
    'always adds ? to an object that is written as a form': rewriting(
      (query) => `?${text(objectAsForm(query))}`,
    ),
  },
  'query-re-encoded question-mark-changed': {
    'always adds ? to a form': rewriting((query) => `?${form(query).slice(1)}`),
  },
  'wrong-environment query-re-encoded': {
    'goes to the other region with a form': redirecting(({ provider, query }) =>
      redirect(`https://api.eu.junction.com/v2/link/connect/${provider}${form(query)}`),
    ),
  },
  'parameters-lost query-re-encoded': {
    'keeps only code and state, and writes + as %20': rewriting((query) =>
      only(query, ['code', 'state', 'scope']).replaceAll('+', '%20'),
    ),
  },
  'question-mark-changed wrong-status': {
    'answers 302 and loses a bare ?': redirecting(({ provider, query }) =>
      redirect(junction + provider + (query === '?' ? '' : query), 302),
    ),
  },
  'query-re-encoded query-decoded': {
    'decodes ~ and writes escapes in upper case': rewriting((query) =>
      upperHex(query.replaceAll('%7E', '~')),
    ),
  },
  'head-differs not-refused': {
    'refuses HEAD and forwards POST': ({ method, ...asked }) =>
      method === 'HEAD' ? refuse(405) : rightAnswer({ ...asked, method: method === 'POST' ? 'GET' : method }),
  },
  'body-has-code question-mark-changed': {
    'adds ? and repeats the code': redirecting(({ provider, query }) => ({
      ...redirect(junction + provider + (query || '?')),
      body: query,
    })),
  },
}

/** What is said of the first finding. */
const details: Readonly<Record<string, string>> = {
  'cuts at 2,048 bytes': 'cut at 2,048 bytes',
  'decodes once too often': 'percent-decoding of the whole query',
  'redirects with a meta element': '200 Told',
  'redirects with JavaScript': '200 Told',
  'answers with a page': '200 Told',
  'demands a query': 'needs a query: 400 Told',
  'demands code or error': 'needs code or error: 400 Told',
  'demands a code': 'needs code: 400 Told',
  'demands a state': 'needs state: 400 Told',
  'demands a state that is not empty': 'needs state, with a value: 400 Told',
  'sends encodeURI(decodeURIComponent(query))': 'decodeURIComponent, then encodeURI in JavaScript',
  'sends the search of a URL made of the decoded query': 'decodeURIComponent, then new URL(…).search',
  'reads the query into an object and writes that as a form': 'repeated names are joined with a comma',
  'always adds ? to an object that is written as a form': 'repeated names are joined with a comma',
  'always adds ? to a form': 'parsed and written again as a form: URLSearchParams or a similar encoder',
}

/** Faults that only --strict counts. */
const notRequired: ReadonlySet<string> = new Set([
  'new URL(…).search',
  '%7E becomes ~',
  'a "?" without a query is dropped',
  'goes to https://api.tryvital.io/v2/link/connect/{provider}',
  'answers 302',
  'answers 303',
  'refuses what a firewall fears',
  'fails where decoding fails',
  'forwards every method',
  'forwards any provider',
  'forwards longer paths',
  'forwards fragments',
  'does not know whole URLs as targets',
  'repeats the path on error pages',
  'lacks Referrer-Policy',
  'tells its version',
  'sends an enormous body',
  'cuts beyond 20,000 bytes',
  'answers 302 and loses a bare ?',
])

const rows: readonly Row[] = [
  ...Object.entries(rewrites).flatMap(([finding, changes]) =>
    Object.entries(changes).map(
      ([cause, change]): Row => [cause, rewriting(change), [finding as FindingId], cause],
    ),
  ),
  ...destinations.map(([template, ...findings]): Row => {
    const base = ({ provider }: Asked) => template.replace('{provider}', provider)
    return [`goes to ${template}`, redirecting((asked) => redirect(base(asked) + asked.query)), findings]
  }),
  ...Object.entries(others).flatMap(([findings, answers]) =>
    Object.entries(answers).map(
      ([name, answer]): Row => [name, answer, findings.split(' ') as FindingId[], details[name]],
    ),
  ),
]

test('a right endpoint has no findings', async () => {
  const verification = await verifyAnswer(rightAnswer)
  expect(verification.findings).toEqual([])
  expect(failures(verification, true)).toEqual([])
})

test.each(rows.map((row) => ({ name: row[0], row })))('an endpoint: $name', async ({ row }) => {
  const [name, answer, findings, detail] = row
  const verification = await verifyAnswer(answer)
  expect(verification.findings.map(({ id }) => id)).toEqual(findings)
  if (detail !== undefined) expect(verification.findings[0]?.detail).toBe(detail)
  expect(failures(verification, false).length > 0).toBe(!notRequired.has(name))
  const counts = findings.some((id) => id !== 'unclean-limit')
  expect(failures(verification, true).length > 0).toBe(counts)
  const unexplained = verification.cases.filter(
    (result) => !['passed', 'not applicable'].includes(result.verdict) && result.findings.length === 0,
  )
  expect(unexplained).toEqual([])
})
