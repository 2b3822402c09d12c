import { contentType } from '../forwarder/routes.ts'
import { type ExportedFile, type Plan, pathPattern, securityHeaders, toRules, writeFile } from './plan.ts'

export const haproxyInstall = [
  'put a certificate into /etc/haproxy/certs/ and this file beside haproxy.cfg; start HAProxy with both:',
  'haproxy -f /etc/haproxy/haproxy.cfg -f /etc/haproxy/byoo.cfg',
  'it has no "option httplog": the request line holds an authorization code',
] as const

export const haproxyDefaults = `global
  tune.bufsize 49152
  tune.maxrewrite 1024
defaults byoo
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 10s
  timeout http-request 10s
`

export const haproxyFrontend = `frontend byoo from byoo
  bind :443 ssl crt /etc/haproxy/certs/
`

/** One frontend with defaults of its own, to give to HAProxy beside the configuration that exists. */
export function haproxy(plan: Plan): ExportedFile[] {
  const rules = toRules(plan)
  const byHost = plan.hosts.length > 1
  const acls = rules.map(
    (rule, index) =>
      `  acl route${index} pathq -m reg ${quoted(`^${pathPattern(rule, (slug) => `(${slug})`)}(\\?[^\\x23]*)?$`)}`,
  )
  const hosts = plan.hosts.map(
    (host, index) => `  acl host${index} var(txn.byoo_host) -m str ${quoted(host)} ${quoted(`${host}.`)}`,
  )
  const found = rules.map(({ host }, index) => {
    const condition = `route${index}${byHost ? ` host${plan.hosts.indexOf(host)}` : ''}`
    return `  http-request set-var(txn.byoo_route) str(${index}) if ${condition}`
  })
  const texts = [...plan.siteVerification].flatMap(([path, text]) => {
    const condition = `if { path -m str ${quoted(path)} }`
    return [
      `  http-request return status 405 hdr Allow "GET, HEAD" ${condition} !reads`,
      `  http-request return status 200 content-type "${contentType(path)}" string ${quoted(text)} ${condition}`,
    ]
  })
  const redirects = rules.map((rule, index) => {
    const segment = rule.before.split('/').length
    const slug = rule.slug === undefined ? '' : `%[path,field(${segment},/)]`
    return `  http-request redirect code 307 location "${inFormat(rule.head)}${slug}${inFormat(rule.tail)}%[pathq,regsub(^[^?]*,)]" if { var(txn.byoo_route) -m str ${index} }`
  })
  const notes = {
    install: haproxyInstall,
    limits: [
      'HAProxy accepts two equal Host headers',
      'a query longer than tune.bufsize (here 48 kB) is refused',
    ],
  }
  const lines = [
    '  acl reads method GET HEAD',
    ...acls,
    ...hosts,
    ...securityHeaders.map(([name, value]) => `  http-after-response set-header ${name} ${value}`),
    '  http-request return status 400 unless { req.hdr_cnt(host) eq 1 } or HTTP_1.0',
    '  http-request return status 400 if { req.hdr(transfer-encoding) -m found }',
    ...(byHost
      ? [
          '  http-request set-var(txn.byoo_host) req.hdr(host),host_only,lower',
          `  http-request return status 421 unless ${plan.hosts.map((_, index) => `host${index}`).join(' or ')}`,
        ]
      : []),
    ...texts,
    ...found,
    '  http-request return status 404 unless { var(txn.byoo_route) -m found }',
    '  http-request return status 405 hdr Allow "GET, HEAD" unless reads',
    ...redirects,
  ]
  return [
    writeFile(plan, 'byoo.cfg', '#', notes, `${haproxyDefaults}${haproxyFrontend}${lines.join('\n')}\n`),
  ]
}

/** A word for HAProxy's configuration: each byte that could mean something is written as `\xHH`. */
function quoted(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => {
    const character = String.fromCharCode(byte)
    return /[\w./:^?*()|+[\]{},-]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, '0')}`
  })
  return `"${bytes.join('')}"`
}

/** Text in a log-format string between double quotes. */
function inFormat(text: string): string {
  return quoted(text).slice(1, -1).replaceAll('\\x25', '%%')
}
