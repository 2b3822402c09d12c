import type { FindingId } from '../../src/verify/findings.ts'
import { type Asked, junction, type Reply, redirect, refuse, rightAnswer } from './callback-server.ts'

/** An endpoint that is wrong on purpose, and everything that must be found about it, the worst first. */
export interface WrongEndpoint {
  readonly name: string
  readonly answer: (asked: Asked) => Reply | string | 'reset'
  readonly findings: readonly FindingId[]
  /** Of the first finding: which mutation it is. */
  readonly detail?: string
  /** Does a required case fail, so that it shows without --strict? */
  readonly required: boolean
}

/** Right but for what it does to the query. */
function rewriting(change: (query: string) => string): (asked: Asked) => Reply {
  return (asked) => {
    const right = rightAnswer(asked)
    return right.status === 307 ? redirect(junction + asked.provider + change(asked.query)) : right
  }
}

/** Right but for a query that is decoded; what cannot be decoded is an error of the server. */
function decoding(change: (query: string) => string): (asked: Asked) => Reply {
  return (asked) => {
    try {
      return rewriting((query) => change(Buffer.from(query, 'latin1').toString()))(asked)
    } catch {
      return refuse(500)
    }
  }
}

/** Right but for the redirect. */
function redirecting(change: (asked: Asked) => Reply | string | 'reset') {
  return (asked: Asked) => (rightAnswer(asked).status === 307 ? change(asked) : rightAnswer(asked))
}

/** Right but for where it goes. */
function leadingTo(base: (asked: Asked) => string) {
  return redirecting((asked) => redirect(base(asked) + asked.query))
}

/** Right but for headers, status and body of the redirect. */
function answering(change: (right: Reply, asked: Asked) => Reply) {
  return redirecting((asked) => change(rightAnswer(asked), asked))
}

/** Right but for requests that it refuses. */
function refusing(status: number, when: (asked: Asked) => boolean) {
  return (asked: Asked) => (when(asked) ? refuse(status) : rightAnswer(asked))
}

const text = (query: string) => query.replace(/^\?/, '')
const asQuery = (changed: string) => (changed === '' ? '' : `?${changed}`)
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
const latin1Decoded = (query: string) => unescape(query)
const only = (query: string, names: readonly string[]) =>
  asQuery(
    text(query)
      .split('&')
      .filter((part) => names.includes(part.split('=', 1)[0] ?? ''))
      .join('&'),
  )

const oneFault: readonly Omit<WrongEndpoint, 'required'>[] = [
  {
    name: 'parses and writes the query as a form',
    answer: rewriting(form),
    findings: ['query-re-encoded'],
    detail: 'parsed and written again as a form: URLSearchParams or a similar encoder',
  },
  {
    name: 'sends the search of a URL object',
    answer: rewriting((query) => new URL(`http://host.invalid/${query}`).search),
    findings: ['query-re-encoded'],
    detail: 'new URL(…).search',
  },
  {
    name: 'writes + as %20',
    answer: rewriting((query) => query.replaceAll('+', '%20')),
    findings: ['query-re-encoded'],
    detail: '+ becomes %20',
  },
  {
    name: 'writes %20 as +',
    answer: rewriting((query) => query.replaceAll('%20', '+')),
    findings: ['query-re-encoded'],
    detail: '%20 becomes +',
  },
  {
    name: 'decodes %2B',
    answer: rewriting((query) => query.replaceAll('%2B', '+')),
    findings: ['query-decoded'],
    detail: '%2B becomes +',
  },
  {
    name: 'decodes %7E',
    answer: rewriting((query) => query.replaceAll('%7E', '~')),
    findings: ['query-decoded'],
    detail: '%7E becomes ~',
  },
  {
    name: 'writes escapes in upper case',
    answer: rewriting((query) => query.replace(/%[0-9a-f]{2}/gi, (escaped) => escaped.toUpperCase())),
    findings: ['query-re-encoded'],
    detail: 'escapes are written in upper case',
  },
  {
    name: 'takes ; for &',
    answer: rewriting((query) => query.replaceAll(';', '&')),
    findings: ['parameters-changed'],
    detail: 'a parser that takes ; for &',
  },
  {
    name: 'always adds ?',
    answer: rewriting((query) => query || '?'),
    findings: ['question-mark-changed'],
    detail: 'a "?" is added to a callback without a query',
  },
  {
    name: 'drops a bare ?',
    answer: rewriting((query) => (query === '?' ? '' : query)),
    findings: ['question-mark-changed'],
    detail: 'a "?" without a query is dropped',
  },
  {
    name: 'joins duplicates',
    answer: rewriting((query) => {
      const values = new Map<string, string>()
      for (const part of text(query).split('&')) {
        const [name = ''] = part.split('=', 1)
        const earlier = values.get(name)
        values.set(name, earlier === undefined ? part : `${earlier},${part.slice(name.length + 1)}`)
      }
      return query === '' ? '' : `?${[...values.values()].join('&')}`
    }),
    findings: ['parameters-changed'],
    detail: 'repeated names are joined with a comma',
  },
  {
    name: 'keeps the first of duplicates',
    answer: rewriting((query) => {
      const parts = text(query).split('&')
      const names = parts.map((part) => part.split('=', 1)[0])
      return query === ''
        ? ''
        : `?${parts.filter((_, index) => names.indexOf(names[index]) === index).join('&')}`
    }),
    findings: ['parameters-lost'],
    detail: 'of repeated names only the first is kept',
  },
  {
    name: 'sorts parameters',
    answer: rewriting((query) => (query === '' ? '' : `?${text(query).split('&').sort().join('&')}`)),
    findings: ['parameters-changed'],
    detail: 'parameters are sorted',
  },
  {
    name: 'drops empty values',
    answer: rewriting((query) =>
      asQuery(
        text(query)
          .split('&')
          .filter((part) => /=./.test(part))
          .join('&'),
      ),
    ),
    findings: ['parameters-lost'],
    detail: 'parameters without a value are dropped',
  },
  {
    name: 'cuts at 2,048 bytes',
    answer: rewriting((query) => query.slice(0, 2048)),
    findings: ['parameters-lost', 'unclean-limit'],
    detail: 'cut at 2,048 bytes',
  },
  {
    name: 'keeps only code and state',
    answer: rewriting((query) => only(query, ['code', 'state'])),
    findings: ['parameters-lost'],
    detail: 'only code, state are kept',
  },
  {
    name: 'appends the query twice',
    answer: rewriting((query) => (query.length > 1 ? `${query}&${query.slice(1)}` : query)),
    findings: ['parameters-changed'],
    detail: 'the query is appended twice, with &',
  },
  {
    name: 'decodes once too often',
    answer: rewriting((query) => latin1Decoded(query)),
    findings: ['query-decoded', 'header-injection'],
    detail: 'percent-decoding of the whole query',
  },
  {
    name: 'encodes once too often',
    answer: rewriting((query) => query.replaceAll('%', '%25')),
    findings: ['query-re-encoded'],
    detail: '% is encoded again as %25',
  },
  {
    name: 'loses the query',
    answer: rewriting(() => ''),
    findings: ['query-lost'],
    detail: 'the query is not appended',
  },
  {
    name: 'adds a parameter',
    answer: rewriting((query) => `${query || '?'}${query ? '&' : ''}utm=1`),
    findings: ['parameters-changed'],
    detail: 'utm=1 is added at the end',
  },
  {
    name: 'escapes as HTML',
    answer: rewriting((query) => query.replaceAll('&', '&amp;')),
    findings: ['query-re-encoded'],
    detail: '& becomes &amp;',
  },
  {
    name: 'lower-cases',
    answer: rewriting((query) => query.toLowerCase()),
    findings: ['query-re-encoded'],
    detail: 'the whole query in lower case',
  },
  {
    name: 'changes something nobody knows',
    answer: rewriting((query) => query.replaceAll('%2F', '%!')),
    findings: ['query-changed'],
  },

  {
    name: 'goes to the other region',
    answer: leadingTo(({ provider }) => `https://api.eu.junction.com/v2/link/connect/${provider}`),
    findings: ['wrong-environment'],
  },
  {
    name: 'goes to the other environment',
    answer: leadingTo(({ provider }) => `https://api.sandbox.us.junction.com/v2/link/connect/${provider}`),
    findings: ['wrong-environment'],
  },
  {
    name: 'goes to the older host',
    answer: leadingTo(({ provider }) => `https://api.tryvital.io/v2/link/connect/${provider}`),
    findings: ['older-host'],
  },
  {
    name: 'sends everybody to one provider',
    answer: leadingTo(() => `${junction}strava`),
    findings: ['wrong-provider'],
  },
  {
    name: 'translates the provider',
    answer: leadingTo(({ provider }) => `${junction}${provider === 'strava' ? 'strava_v2' : provider}`),
    findings: ['wrong-provider'],
  },
  {
    name: 'goes to another path',
    answer: leadingTo(({ provider }) => `https://api.us.junction.com/v2/link/callback/${provider}`),
    findings: ['wrong-target'],
  },
  {
    name: 'goes to another host',
    answer: leadingTo(({ provider }) => `https://junction.example/v2/link/connect/${provider}`),
    findings: ['wrong-host'],
  },
  {
    name: 'goes on over http',
    answer: leadingTo(({ provider }) => `http://api.us.junction.com/v2/link/connect/${provider}`),
    findings: ['wrong-target'],
  },
  {
    name: 'adds a slash first',
    answer: redirecting(({ path, query, host }) => redirect(`http://${host}${path}/${query}`, 301)),
    findings: ['extra-hop', 'open-redirect'],
  },
  {
    name: 'goes to www first',
    answer: redirecting(({ path, query }) => redirect(`http://www.127.0.0.1${path}${query}`, 301)),
    findings: ['wrong-host', 'wrong-status'],
  },
  {
    name: 'goes to https first',
    answer: redirecting(({ path, query }) => redirect(`https://127.0.0.1${path}${query}`, 308)),
    findings: ['extra-hop'],
  },
  ...[302, 303].map((status) => ({
    name: `answers ${status}`,
    answer: answering((right) => ({ ...right, status })),
    findings: ['wrong-status'] as const,
  })),
  ...[301, 308].map((status) => ({
    name: `answers ${status} without no-store`,
    answer: answering((right) => ({
      ...right,
      status,
      headers: [...right.headers.filter(([name]) => name !== 'Cache-Control')],
    })),
    findings: ['cacheable', 'wrong-status', 'headers-missing'] as const,
  })),
  {
    name: 'redirects with a meta element',
    answer: redirecting(({ provider, query }) => ({
      status: 200,
      headers: [],
      body: `<meta http-equiv="refresh" content="0; url=${junction}${provider}${query}">`,
    })),
    findings: ['no-redirect'],
  },
  {
    name: 'redirects with JavaScript',
    answer: redirecting(({ provider, query }) => ({
      status: 200,
      headers: [],
      body: `<script>window.location.href = "${junction}${provider}${query}"</script>`,
    })),
    findings: ['no-redirect'],
  },
  {
    name: 'answers with a page',
    answer: redirecting(() => ({ status: 200, headers: [], body: 'hello' })),
    findings: ['no-redirect'],
  },
  {
    name: 'repeats the code in the body',
    answer: answering((right, { query }) => ({ ...right, body: `<a href="${query}">go on</a>` })),
    findings: ['body-has-code'],
  },
  {
    name: 'lets caches keep the answer',
    answer: answering((right) => ({
      ...right,
      headers: right.headers.map(([name, value]) => [name, name === 'Cache-Control' ? 'max-age=600' : value]),
    })),
    findings: ['cacheable', 'headers-missing'],
  },
  {
    name: 'goes where redirect_uri says',
    answer: redirecting((asked) => {
      const asks = new URLSearchParams(asked.query).get('redirect_uri')
      return asks === null ? rightAnswer(asked) : redirect(asks)
    }),
    findings: ['open-redirect'],
  },
  {
    name: 'goes where X-Forwarded-Host says',
    answer: redirecting((asked) => {
      const host = asked.headers['x-forwarded-host']
      return host === undefined
        ? rightAnswer(asked)
        : redirect(`https://${host}/v2/link/connect/${asked.provider}${asked.query}`)
    }),
    findings: ['open-redirect'],
  },
  {
    name: 'tidies paths that begin with //',
    answer: (asked) =>
      asked.target.startsWith('//')
        ? redirect(asked.target.replace(/\/%2e%2e.*$/, '/'), 301)
        : rightAnswer(asked),
    findings: ['open-redirect'],
  },
  {
    name: 'decodes line breaks into headers',
    answer: rewriting((query) => query.replace(/%0d%0a/i, '\r\n')),
    findings: ['header-injection'],
  },
  {
    name: 'refuses HEAD',
    answer: refusing(405, ({ method }) => method === 'HEAD'),
    findings: ['head-differs'],
  },
  {
    name: 'demands a code',
    answer: refusing(400, ({ query }) => !/[?&]code=/.test(query)),
    findings: ['requires-parameters'],
  },
  {
    name: 'demands code and state',
    answer: refusing(400, ({ query }) => !/[?&]code=/.test(query) || !/[?&]state=/.test(query)),
    findings: ['requires-parameters'],
  },
  {
    name: 'refuses long queries',
    answer: refusing(414, ({ query }) => query.length > 2000),
    findings: ['refuses-long'],
  },
  {
    name: 'refuses what a firewall fears',
    answer: refusing(403, ({ query }) => /%00|%0d%0a|__proto__|["<>]/i.test(query)),
    findings: ['refuses-characters'],
  },
  { name: 'knows nothing', answer: () => refuse(404), findings: ['refuses-callbacks'] },
  { name: 'always fails', answer: () => ({ ...refuse(500) }), findings: ['server-error'] },
  {
    name: 'fails where decoding fails',
    answer: (asked) => {
      try {
        decodeURIComponent(asked.query)
        return rightAnswer(asked)
      } catch {
        return refuse(500)
      }
    },
    findings: ['server-error'],
  },
  {
    name: 'has two locations',
    answer: answering((right) => ({
      ...right,
      headers: [...right.headers, ['Location', 'https://host.invalid/']],
    })),
    findings: ['several-locations'],
  },
  {
    name: 'forwards every method',
    answer: (asked) => rightAnswer({ ...asked, method: 'GET' }),
    findings: ['not-refused'],
  },
  {
    name: 'forwards any provider',
    answer: (asked) => {
      const right = rightAnswer(asked)
      const odd =
        right.status === 404 && asked.path.startsWith('/oauth_callback/') && !/.\//.test(asked.provider)
      return odd && asked.method === 'GET' ? redirect(junction + asked.provider + asked.query) : right
    },
    findings: ['not-refused'],
  },
  {
    name: 'forwards longer paths',
    answer: (asked) =>
      rightAnswer({ ...asked, provider: asked.provider.replace(/^([a-z_]+)\/(?!\.\.).*$/, '$1') }),
    findings: ['not-refused'],
  },
  {
    name: 'forwards fragments',
    answer: (asked) =>
      rightAnswer({
        ...asked,
        target: asked.target.replace(/#.*/, ''),
        query: asked.query.replace(/#.*/, ''),
      }),
    findings: ['not-refused'],
  },
  {
    name: 'does not know whole URLs as targets',
    answer: (asked) => (asked.target.startsWith('http') ? refuse(404) : rightAnswer(asked)),
    findings: ['unusual-mishandled'],
  },
  {
    name: 'repeats the path on error pages',
    answer: (asked) => {
      const right = rightAnswer(asked)
      return right.status === 404 ? { ...right, body: `Cannot GET ${asked.target}` } : right
    },
    findings: ['reflected-input'],
  },
  {
    name: 'lacks Referrer-Policy',
    answer: (asked) => {
      const right = rightAnswer(asked)
      return { ...right, headers: right.headers.filter(([name]) => name !== 'Referrer-Policy') }
    },
    findings: ['headers-missing'],
  },
  {
    name: 'tells its version',
    answer: answering((right) => ({ ...right, headers: [...right.headers, ['Server', 'thing/1.2.3']] })),
    findings: ['version-shown'],
  },
  {
    name: 'sends an enormous body',
    answer: answering((right) => ({ ...right, body: 'x'.repeat(5_000_000) })),
    findings: ['endless-body'],
  },
  {
    name: 'cuts beyond 20,000 bytes',
    answer: rewriting((query) => query.slice(0, 20_000)),
    findings: ['unclean-limit'],
  },
]

/** Mistakes that are made in two steps, neither of which explains anything alone. */
const twoSteps: readonly Omit<WrongEndpoint, 'required'>[] = [
  {
    name: 'sends encodeURI(decodeURIComponent(query))',
    answer: decoding((query) => encodeURI(decodeURIComponent(query))),
    findings: ['query-decoded', 'server-error'],
    detail: 'decodeURIComponent, then encodeURI in JavaScript',
  },
  {
    name: 'sends the search of a URL made of the decoded query',
    answer: decoding((query) => new URL(`http://host.invalid/${decodeURIComponent(query)}`).search),
    findings: ['query-decoded', 'server-error'],
    detail: 'decodeURIComponent, then new URL(…).search',
  },
  {
    name: 'reads the query into an object and writes that as a form',
    answer: rewriting(objectAsForm),
    findings: ['parameters-changed', 'query-re-encoded'],
    detail: 'repeated names are joined with a comma',
  },
  {
    name: 'always adds ? to an object that is written as a form',
    answer: rewriting((query) => `?${text(objectAsForm(query))}`),
    findings: ['parameters-changed', 'query-re-encoded', 'question-mark-changed'],
    detail: 'repeated names are joined with a comma',
  },
  {
    name: 'always adds ? to a form',
    answer: rewriting((query) => `?${form(query).slice(1)}`),
    findings: ['query-re-encoded', 'question-mark-changed'],
    detail: 'parsed and written again as a form: URLSearchParams or a similar encoder',
  },
]

const twoFaults: readonly Omit<WrongEndpoint, 'required'>[] = [
  {
    name: 'goes to the other region with a form',
    answer: redirecting(({ provider, query }) =>
      redirect(`https://api.eu.junction.com/v2/link/connect/${provider}${form(query)}`),
    ),
    findings: ['wrong-environment', 'query-re-encoded'],
  },
  {
    name: 'goes to the older host of the other environment and region',
    answer: leadingTo(({ provider }) => `https://api.sandbox.eu.tryvital.io/v2/link/connect/${provider}`),
    findings: ['wrong-environment', 'older-host'],
  },
  {
    name: 'keeps only code and state, and writes + as %20',
    answer: rewriting((query) => only(query, ['code', 'state', 'scope']).replaceAll('+', '%20')),
    findings: ['parameters-lost', 'query-re-encoded'],
  },
  {
    name: 'answers 302 and loses a bare ?',
    answer: answering((_, { provider, query }) =>
      redirect(junction + provider + (query === '?' ? '' : query), 302),
    ),
    findings: ['question-mark-changed', 'wrong-status'],
  },
  {
    name: 'decodes ~ and writes escapes in upper case',
    answer: rewriting((query) =>
      query.replaceAll('%7E', '~').replace(/%[0-9a-f]{2}/gi, (escaped) => escaped.toUpperCase()),
    ),
    findings: ['query-re-encoded', 'query-decoded'],
  },
  {
    name: 'refuses HEAD and forwards POST',
    answer: (asked) =>
      asked.method === 'HEAD'
        ? refuse(405)
        : rightAnswer({ ...asked, method: asked.method === 'POST' ? 'GET' : asked.method }),
    findings: ['head-differs', 'not-refused'],
  },
  {
    name: 'adds ? and repeats the code',
    answer: redirecting(({ provider, query }) => ({
      ...redirect(junction + provider + (query || '?')),
      body: query,
    })),
    findings: ['body-has-code', 'question-mark-changed'],
  },
]

/** Faults that only --strict counts. */
const notRequired: ReadonlySet<string> = new Set([
  'sends the search of a URL object',
  'decodes %7E',
  'drops a bare ?',
  'goes to the older host',
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

export const wrongEndpoints: readonly WrongEndpoint[] = [...oneFault, ...twoSteps, ...twoFaults].map(
  (endpoint) => ({
    ...endpoint,
    required: !notRequired.has(endpoint.name),
  }),
)
