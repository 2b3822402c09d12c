import { apache } from './apache.ts'
import { caddy, caddyCannot } from './caddy.ts'
import { cloudfront } from './cloudfront.ts'
import { compose, kubernetes, systemd } from './containers.ts'
import { haproxy } from './haproxy.ts'
import { nginx } from './nginx.ts'
import { type ExportedFile, type Plan, sharedRoutes, unusualRoutes } from './plan.ts'
import { caddyProxy, haproxyProxy, nginxProxy } from './proxies.ts'
import { cloudflare, lambda } from './worker.ts'

/** Something that byoo writes configuration for. */
export interface Target {
  readonly name: string
  /** With `--proxy`: byoo behind that server instead of the redirect in it. */
  readonly proxy: boolean
  readonly summary: string
  readonly tested:
    | 'tested here'
    | 'tested in a harness'
    | 'tested by its schema'
    | 'tested by systemd-analyze'
  /** What the target cannot express; nothing is written while there is any. */
  readonly cannot: (plan: Plan) => string[]
  readonly print: (plan: Plan) => ExportedFile[] | Promise<ExportedFile[]>
}

type Options = Partial<Pick<Target, 'tested' | 'cannot'>>

/** The redirect itself, without byoo at run time. */
function redirect(name: string, summary: string, print: Target['print'], options: Options = {}): Target {
  return { name, proxy: false, summary, tested: 'tested here', cannot: asRules, print, ...options }
}

/** What a server's rules cannot express. */
function asRules(plan: Plan): string[] {
  return [...unusualRoutes(plan), ...sharedRoutes(plan)]
}

/** byoo answers itself, so that any route will do. */
function around(
  name: string,
  proxy: boolean,
  summary: string,
  print: Target['print'],
  options: Options = {},
): Target {
  return { name, proxy, summary, tested: 'tested here', cannot: () => [], print, ...options }
}

const harness = { tested: 'tested in a harness' } as const
const schema = { tested: 'tested by its schema' } as const

/** Every target, in the order in which `byoo export` lists them. */
export const targets: readonly Target[] = [
  redirect('nginx', 'the redirect in nginx, for a server that exists', nginx),
  redirect('caddy', 'the redirect in Caddy, with automatic HTTPS', caddy, {
    cannot: (plan) => [...asRules(plan), ...caddyCannot(plan)],
  }),
  redirect('haproxy', 'the redirect in HAProxy', haproxy),
  redirect('apache', 'the redirect in Apache httpd', apache),
  redirect('cloudflare', 'a Cloudflare Worker; its module runs on Deno, too', cloudflare, {
    cannot: unusualRoutes,
  }),
  redirect('cloudfront', 'a CloudFront Function', cloudfront, harness),
  redirect('lambda', 'AWS Lambda: function URL or HTTP API', lambda, {
    ...harness,
    cannot: unusualRoutes,
  }),
  around('nginx', true, 'byoo behind nginx', nginxProxy, { cannot: unusualRoutes }),
  around('caddy', true, 'byoo behind Caddy, with automatic HTTPS', caddyProxy),
  around('haproxy', true, 'byoo behind HAProxy', haproxyProxy),
  around('compose', false, 'byoo behind Caddy, in Docker Compose', compose, schema),
  around('kubernetes', false, 'byoo in Kubernetes', kubernetes, schema),
  around('systemd', false, 'byoo as a hardened systemd unit', systemd, {
    tested: 'tested by systemd-analyze',
  }),
]

/** What people ask for and byoo does not write: why, and what to do instead. */
export const refusedTargets: Readonly<Record<string, string>> = {
  alb: 'an ALB redirects with 301 or 302 only: let it pass requests on to byoo (byoo export kubernetes), or use lambda',
  traefik:
    'its redirectRegex answers GET with 302: let it pass requests on to byoo (byoo export compose or kubernetes)',
  netlify: '_redirects answers 301 or 302 and re-encodes: use cloudflare, lambda, or byoo behind a server',
  'ingress-nginx':
    'its annotations answer 302, and it is retired: byoo export kubernetes has an HTTPRoute and an Ingress',
  'vercel.json': 'its redirects re-encode the query: use cloudflare, lambda, or byoo behind a server',
  'gateway-api':
    'a RequestRedirect with 307 is an optional feature that nobody ran here: byoo export kubernetes has an HTTPRoute to byoo; see docs/servers.md',
  envoy: 'nobody ran it here: put byoo behind it; docs/servers.md says what to look at',
  'google-url-map': 'nobody ran it here: put byoo behind it; docs/servers.md says what to look at',
  'cloudflare-rule':
    'a redirect rule drops the query unless told to keep it, and nobody ran it here: use cloudflare, a Worker',
}
