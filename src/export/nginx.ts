import { contentType } from '../forwarder/routes.ts'
import {
  type ExportedFile,
  literal,
  type Plan,
  pathPattern,
  type Rule,
  securityHeaders,
  toRules,
  writeFile,
} from './plan.ts'

/** Two files: the maps for `http`, and locations to include in a `server` that exists. */
export function nginx(plan: Plan): ExportedFile[] {
  const rules = toRules(plan)
  const byHost = plan.hosts.length > 1
  const pattern = (rule: Rule) => {
    const host = byHost ? literal(rule.host) : ''
    return `~^${host}${pathPattern(rule, (slug) => `(?<byoo_provider>${slug})`)}(?<byoo_query>\\?[^#]*)?$`
  }
  const location = (rule: Rule) =>
    `${value(rule.head)}${rule.slug === undefined ? '' : '$byoo_provider'}${value(rule.tail)}$byoo_query`
  const maps = [
    '# nginx has no other way to write a dollar sign in a value.',
    'geo $byoo_dollar { default "$"; }',
    `map "${byHost ? '$host' : ''}$request_uri" $byoo_location {`,
    '  default "";',
    ...rules.map((rule) => `  ${string(pattern(rule))} "${escaped(location(rule))}";`),
    '}',
    'map $status $byoo_allow { default ""; 405 "GET, HEAD"; }',
  ]
  const blocks = [
    '# The request line holds an authorization code: it goes into no log, not even beside an error.',
    'large_client_header_buffers 4 48k;',
    ...[...new Set(rules.flatMap(locationsOf))].map((path) =>
      block(path, ['if ($byoo_location = "") { return 404; }', refuseMethods, 'return 307 $byoo_location;']),
    ),
    ...[...plan.siteVerification].map(([path, text]) => {
      const [type = '', charset] = contentType(path).split('; charset=')
      return block(`= ${string(path)}`, [
        `types { } default_type ${type};`,
        ...(charset ? [`charset ${charset};`] : []),
        refuseMethods,
        `return 200 "${escaped(value(text))}";`,
      ])
    }),
  ]
  const notes = {
    install: nginxInstall(plan),
    limits: [
      'a query longer than large_client_header_buffers (here 48 kB) is answered 414',
      'your server logs what does not get here (TRACE, malformed requests, other paths): if it serves nothing else, give it "access_log off; error_log /var/log/nginx/error.log crit;"',
    ],
  }
  return [
    writeFile(plan, 'byoo-http.conf', '#', notes, `${maps.join('\n')}\n`),
    writeFile(plan, 'byoo-location.conf', '#', seeHttp, `${blocks.join('\n')}\n`),
  ]
}

/** How to include both files. */
export function nginxInstall({ hosts }: Plan): string[] {
  return [
    'copy both files to /etc/nginx; "include byoo-http.conf;" in http { }, "include byoo-location.conf;"',
    `in the server { } with "server_name ${hosts.join(' ')};"; nginx -t && nginx -s reload`,
  ]
}
export const seeHttp = { install: ['see byoo-http.conf'] }

const refuseMethods = 'if ($request_method !~ "^(GET|HEAD)$") { return 405; }'

/** Where a rule's requests arrive, and what is so near to it that it could hold a misplaced code. */
function locationsOf({ before, slug }: Rule): string[] {
  return slug === undefined ? [`= ${string(before)}`, `^~ ${string(`${before}/`)}`] : [`^~ ${string(before)}`]
}

function block(path: string, body: readonly string[]): string {
  const lines = [
    'access_log off;',
    'error_log /var/log/nginx/error.log crit;',
    'server_tokens off;',
    ...securityHeaders.map(([name, value]) => `add_header ${name} ${value} always;`),
    'add_header Allow $byoo_allow always;',
    ...body,
  ]
  return `location ${path} {\n${lines.map((line) => `  ${line}\n`).join('')}}`
}

/** A value in which `$` stands for itself. */
function value(text: string): string {
  return text.replaceAll('$', ['$', '{byoo_dollar}'].join(''))
}

/** Between double quotes nginx reads `\"` and `\\`; any other backslash stays what it is. */
function escaped(text: string): string {
  return text.replace(/["\\]/g, '\\$&')
}

function string(text: string): string {
  return `"${text.replaceAll('"', '\\"')}"`
}
