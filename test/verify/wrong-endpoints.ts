import type { FindingId } from '../../src/verify/findings.ts'
import { type Asked, junction, type Reply, redirect, refuse, rightAnswer } from './callback-server.ts'

/** An endpoint that is wrong on purpose, and everything that must be found about it, the worst first. */
export interface WrongEndpoint {
  readonly name: string
  readonly answer: (asked: Asked) => Reply | string | 'reset'
  readonly findings: readonly FindingId[]
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
const latin1Decoded = (query: string) => unescape(query)
const only = (query: string, names: readonly string[]) =>
  asQuery(
    text(query)
      .split('&')
      .filter((part) => names.includes(part.split('=', 1)[0] ?? ''))
      .join('&'),
  )

const oneFault: readonly Omit<WrongEndpoint, 'required'>[] = [
  { name: 'parses and writes the query as a form', answer: rewriting(form), findings: ['form-re-encoded'] },
  {
    name: 'sends the search of a URL object',
    answer: rewriting((query) => new URL(`http://host.invalid/${query}`).search),
    findings: ['url-re-encoded'],
  },
  {
    name: 'writes + as %20',
    answer: rewriting((query) => query.replaceAll('+', '%20')),
    findings: ['plus-to-space'],
  },
  {
    name: 'writes %20 as +',
    answer: rewriting((query) => query.replaceAll('%20', '+')),
    findings: ['space-to-plus'],
  },
  {
    name: 'decodes %2B',
    answer: rewriting((query) => query.replaceAll('%2B', '+')),
    findings: ['encoded-plus-decoded'],
  },
  {
    name: 'decodes %7E',
    answer: rewriting((query) => query.replaceAll('%7E', '~')),
    findings: ['unreserved-decoded'],
  },
  {
    name: 'writes escapes in upper case',
    answer: rewriting((query) => query.replace(/%[0-9a-f]{2}/gi, (escaped) => escaped.toUpperCase())),
    findings: ['hex-case-changed'],
  },
  {
    name: 'takes ; for &',
    answer: rewriting((query) => query.replaceAll(';', '&')),
    findings: ['semicolon-changed'],
  },
  { name: 'always adds ?', answer: rewriting((query) => query || '?'), findings: ['question-mark-added'] },
  {
    name: 'drops a bare ?',
    answer: rewriting((query) => (query === '?' ? '' : query)),
    findings: ['question-mark-dropped'],
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
    findings: ['duplicates-joined'],
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
    findings: ['duplicates-dropped'],
  },
  {
    name: 'sorts parameters',
    answer: rewriting((query) => (query === '' ? '' : `?${text(query).split('&').sort().join('&')}`)),
    findings: ['reordered'],
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
    findings: ['empty-dropped'],
  },
  {
    name: 'cuts at 2,048 bytes',
    answer: rewriting((query) => query.slice(0, 2048)),
    findings: ['cut', 'unclean-limit'],
  },
  {
    name: 'keeps only code and state',
    answer: rewriting((query) => only(query, ['code', 'state'])),
    findings: ['parameters-dropped'],
  },
  {
    name: 'appends the query twice',
    answer: rewriting((query) => (query.length > 1 ? `${query}&${query.slice(1)}` : query)),
    findings: ['query-doubled'],
  },
  {
    name: 'decodes once too often',
    answer: rewriting((query) => latin1Decoded(query)),
    findings: ['decoded', 'header-injection'],
  },
  {
    name: 'encodes once too often',
    answer: rewriting((query) => query.replaceAll('%', '%25')),
    findings: ['double-encoded'],
  },
  { name: 'loses the query', answer: rewriting(() => ''), findings: ['query-lost'] },
  {
    name: 'adds a parameter',
    answer: rewriting((query) => `${query || '?'}${query ? '&' : ''}utm=1`),
    findings: ['parameter-added'],
  },
  {
    name: 'escapes as HTML',
    answer: rewriting((query) => query.replaceAll('&', '&amp;')),
    findings: ['html-escaped'],
  },
  { name: 'lower-cases', answer: rewriting((query) => query.toLowerCase()), findings: ['lower-cased'] },
  {
    name: 'changes something nobody knows',
    answer: rewriting((query) => query.replaceAll('%2F', '%!')),
    findings: ['query-changed'],
  },

  {
    name: 'goes to the other region',
    answer: leadingTo(({ provider }) => `https://api.eu.junction.com/v2/link/connect/${provider}`),
    findings: ['wrong-region'],
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
    findings: ['fixed-provider'],
  },
  {
    name: 'translates the provider',
    answer: leadingTo(({ provider }) => `${junction}${provider === 'strava' ? 'strava_v2' : provider}`),
    findings: ['wrong-provider'],
  },
  {
    name: 'goes to another path',
    answer: leadingTo(({ provider }) => `https://api.us.junction.com/v2/link/callback/${provider}`),
    findings: ['wrong-path'],
  },
  {
    name: 'goes to another host',
    answer: leadingTo(({ provider }) => `https://junction.example/v2/link/connect/${provider}`),
    findings: ['wrong-host'],
  },
  {
    name: 'goes on over http',
    answer: leadingTo(({ provider }) => `http://api.us.junction.com/v2/link/connect/${provider}`),
    findings: ['insecure-target'],
  },
  {
    name: 'adds a slash first',
    answer: redirecting(({ path, query, host }) => redirect(`http://${host}${path}/${query}`, 301)),
    findings: ['extra-hop', 'open-redirect'],
  },
  {
    name: 'goes to www first',
    answer: redirecting(({ path, query }) => redirect(`http://www.127.0.0.1${path}${query}`, 301)),
    findings: ['wrong-host', 'status-301'],
  },
  {
    name: 'goes to https first',
    answer: redirecting(({ path, query }) => redirect(`https://127.0.0.1${path}${query}`, 308)),
    findings: ['extra-hop'],
  },
  ...[302, 303].map((status) => ({
    name: `answers ${status}`,
    answer: answering((right) => ({ ...right, status })),
    findings: [`status-${status as 302 | 303}`] as const,
  })),
  ...[301, 308].map((status) => ({
    name: `answers ${status} without no-store`,
    answer: answering((right) => ({
      ...right,
      status,
      headers: [...right.headers.filter(([name]) => name !== 'Cache-Control')],
    })),
    findings: [`status-${status as 301 | 308}`, 'headers-missing'] as const,
  })),
  {
    name: 'redirects with a meta element',
    answer: redirecting(({ provider, query }) => ({
      status: 200,
      headers: [],
      body: `<meta http-equiv="refresh" content="0; url=${junction}${provider}${query}">`,
    })),
    findings: ['html-redirect'],
  },
  {
    name: 'redirects with JavaScript',
    answer: redirecting(({ provider, query }) => ({
      status: 200,
      headers: [],
      body: `<script>window.location.href = "${junction}${provider}${query}"</script>`,
    })),
    findings: ['html-redirect'],
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
    findings: ['method-not-refused'],
  },
  {
    name: 'forwards any provider',
    answer: (asked) => {
      const right = rightAnswer(asked)
      const odd =
        right.status === 404 && asked.path.startsWith('/oauth_callback/') && !/.\//.test(asked.provider)
      return odd && asked.method === 'GET' ? redirect(junction + asked.provider + asked.query) : right
    },
    findings: ['provider-not-refused'],
  },
  {
    name: 'forwards longer paths',
    answer: (asked) =>
      rightAnswer({ ...asked, provider: asked.provider.replace(/^([a-z_]+)\/(?!\.\.).*$/, '$1') }),
    findings: ['path-not-refused'],
  },
  {
    name: 'forwards fragments',
    answer: (asked) =>
      rightAnswer({
        ...asked,
        target: asked.target.replace(/#.*/, ''),
        query: asked.query.replace(/#.*/, ''),
      }),
    findings: ['fragment-accepted'],
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

const twoFaults: readonly Omit<WrongEndpoint, 'required'>[] = [
  {
    name: 'goes to the other region with a form',
    answer: redirecting(({ provider, query }) =>
      redirect(`https://api.eu.junction.com/v2/link/connect/${provider}${form(query)}`),
    ),
    findings: ['wrong-region', 'form-re-encoded'],
  },
  {
    name: 'goes to the older host of the other environment and region',
    answer: leadingTo(({ provider }) => `https://api.sandbox.eu.tryvital.io/v2/link/connect/${provider}`),
    findings: ['wrong-environment', 'wrong-region', 'older-host'],
  },
  {
    name: 'keeps only code and state, and writes + as %20',
    answer: rewriting((query) => only(query, ['code', 'state', 'scope']).replaceAll('+', '%20')),
    findings: ['parameters-dropped', 'plus-to-space'],
  },
  {
    name: 'answers 302 and loses a bare ?',
    answer: answering((_, { provider, query }) =>
      redirect(junction + provider + (query === '?' ? '' : query), 302),
    ),
    findings: ['question-mark-dropped', 'status-302'],
  },
  {
    name: 'decodes ~ and writes escapes in upper case',
    answer: rewriting((query) =>
      query.replaceAll('%7E', '~').replace(/%[0-9a-f]{2}/gi, (escaped) => escaped.toUpperCase()),
    ),
    findings: ['unreserved-decoded', 'hex-case-changed'],
  },
  {
    name: 'refuses HEAD and forwards POST',
    answer: (asked) =>
      asked.method === 'HEAD'
        ? refuse(405)
        : rightAnswer({ ...asked, method: asked.method === 'POST' ? 'GET' : asked.method }),
    findings: ['head-differs', 'method-not-refused'],
  },
  {
    name: 'adds ? and repeats the code',
    answer: redirecting(({ provider, query }) => ({
      ...redirect(junction + provider + (query || '?')),
      body: query,
    })),
    findings: ['body-has-code', 'question-mark-added'],
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

export const wrongEndpoints: readonly WrongEndpoint[] = [...oneFault, ...twoFaults].map((endpoint) => ({
  ...endpoint,
  required: !notRequired.has(endpoint.name),
}))
