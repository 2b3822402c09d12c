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
  /** How what it prints was tested. */
  readonly tested: string
  /** What the target cannot express; nothing is written while there is any. */
  readonly cannot: (plan: Plan) => string[]
  readonly print: (plan: Plan) => ExportedFile[] | Promise<ExportedFile[]>
}

function target(
  name: string,
  summary: string,
  print: Target['print'],
  options: Partial<Pick<Target, 'proxy' | 'tested' | 'cannot'>>,
): Target {
  return { name, proxy: false, summary, tested: 'tested here', cannot: () => [], print, ...options }
}

/** What a server's rules cannot express. */
const asRules = (plan: Plan) => [...unusualRoutes(plan), ...sharedRoutes(plan)]
const harness = { tested: 'tested in a harness' }
const schema = { tested: 'tested by its schema' }

/** Every target, in the order in which `byoo export` lists them: the redirect itself, then byoo behind what is there. */
export const targets: readonly Target[] = [
  target('nginx', 'the redirect in nginx, for a server that exists', nginx, { cannot: asRules }),
  target('caddy', 'the redirect in Caddy, with automatic HTTPS', caddy, {
    cannot: (plan) => [...asRules(plan), ...caddyCannot(plan)],
  }),
  target('haproxy', 'the redirect in HAProxy', haproxy, { cannot: asRules }),
  target('apache', 'the redirect in Apache httpd', apache, { cannot: asRules }),
  target('cloudflare', 'a Cloudflare Worker; its module runs on Deno, too', cloudflare, {
    cannot: unusualRoutes,
  }),
  target('cloudfront', 'a CloudFront Function', cloudfront, { ...harness, cannot: asRules }),
  target('lambda', 'AWS Lambda: function URL or HTTP API', lambda, { ...harness, cannot: unusualRoutes }),
  target('nginx', 'byoo behind nginx', nginxProxy, { proxy: true, cannot: unusualRoutes }),
  target('caddy', 'byoo behind Caddy, with automatic HTTPS', caddyProxy, { proxy: true }),
  target('haproxy', 'byoo behind HAProxy', haproxyProxy, { proxy: true }),
  target('compose', 'byoo behind Caddy, in Docker Compose', compose, schema),
  target('kubernetes', 'byoo in Kubernetes', kubernetes, schema),
  target('systemd', 'byoo as a hardened systemd unit', systemd, { tested: 'tested by systemd-analyze' }),
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
