import { contentType } from '../forwarder/routes.ts'
import { type ExportedFile, type Plan, pathPattern, securityHeaders, toRules, writeFile } from './plan.ts'

/** Texts that a Caddyfile cannot hold: it replaces `{$…}` wherever it stands, and has one way to quote. */
export function caddyCannot({ siteVerification }: Plan): string[] {
  return [...siteVerification].flatMap(([path, text]) => {
    const [sign] = /`|\{\$/.exec(text) ?? []
    return sign ? [`${path}: a Caddyfile cannot hold ${JSON.stringify(sign)} in a text`] : []
  })
}

/** One Caddyfile with a site for each host; Caddy gets their certificates by itself. */
export function caddy(plan: Plan): ExportedFile[] {
  const rules = toRules(plan)
  const sites = plan.hosts.map((host) => {
    const maps = rules
      .filter((rule) => rule.host === host)
      .map((rule) => {
        const pattern = pathPattern(rule, (slug) => `(${slug})`)
        const slug = rule.slug === undefined ? '' : group(1)
        const query = group(rule.slug === undefined ? 1 : 2)
        const location = `${replacement(rule.head)}${slug}${replacement(rule.tail)}${query}`
        return `\t\t\`~^${pattern}(\\?[^#]*)?$\` \`${location}\``
      })
    const texts = [...plan.siteVerification].flatMap(([path, text], index) => [
      `\t@text${index} expression \`{http.request.uri.path} == "${path}"\``,
      `\thandle @text${index} {`,
      '\t\troute {',
      '\t\t\theader @write Allow "GET, HEAD"',
      '\t\t\trespond @write 405',
      `\t\t\theader Content-Type "${contentType(path)}"`,
      `\t\t\trespond \`${text.replaceAll('{', '\\{')}\` 200`,
      '\t\t}',
      '\t}',
    ])
    return [
      `${host} {`,
      '\tmap {http.request.uri} {byoo_location} {',
      ...maps,
      '\t\tdefault ""',
      '\t}',
      '\theader {',
      ...securityHeaders.map(([name, value]) => `\t\t${name} ${value}`),
      '\t\t-Server',
      '\t}',
      ...texts,
      '\t@other expression `{byoo_location} == ""`',
      '\t@write not method GET HEAD',
      '\thandle {',
      '\t\troute {',
      '\t\t\trespond @other 404',
      '\t\t\theader @write Allow "GET, HEAD"',
      '\t\t\trespond @write 405',
      '\t\t\tredir {byoo_location} 307',
      '\t\t}',
      '\t}',
      '}',
    ].join('\n')
  })
  const notes = {
    install: [
      'copy it to /etc/caddy/Caddyfile, or import it from there; caddy validate, then caddy reload',
      'Caddy writes no access log unless a "log" directive turns it on: leave it off, since a URL holds a code',
    ],
    limits: [
      'Caddy accepts Content-Length together with Transfer-Encoding',
      'a request for a host that no site has gets an empty 200',
    ],
  }
  return [writeFile(plan, 'Caddyfile', '#', notes, `${sites.join('\n\n')}\n`)]
}

/** What a group of a regular expression matched. */
const group = (number: number) => ['$', `{${number}}`].join('')

/** Text in which neither Go's `$1` nor Caddy's `{…}` stands for something. */
function replacement(text: string): string {
  return text.replaceAll('$', '$$$$').replace(/[{}]/g, '\\$&')
}
