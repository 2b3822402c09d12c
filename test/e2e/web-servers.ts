import { join } from 'node:path'
import type { FindingId } from '../../src/verify/findings.ts'
import { nginxCommand, nginxConfiguration, type ServerProgram } from './start-server.ts'

const junction = 'https://api.us.junction.com/v2/link/connect'

/** A server that people put in front of Junction, configured the way they write it. */
export interface WebServer extends ServerProgram {
  readonly name: string
  /** Everything that is found, the worst first. */
  readonly findings: readonly FindingId[]
}

const nginx = (written: string): ServerProgram => ({
  files: (place) => ({ 'nginx.conf': nginxConfiguration(place, 'access_log off;', written) }),
  command: nginxCommand,
})

const caddy = (written: string): ServerProgram => ({
  files: ({ port }) => ({
    Caddyfile: `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  ${written}
}
`,
  }),
  command: ({ folder }) => ['caddy', 'run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'],
})

const haproxy = (written: string): ServerProgram => ({
  files: ({ port }) => ({
    'haproxy.cfg': `defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 10s
frontend web
  bind 127.0.0.1:${port}
  ${written}
  http-request deny deny_status 404
`,
  }),
  command: ({ folder }) => ['haproxy', '-db', '-f', join(folder, 'haproxy.cfg')],
})

const apacheModules = ['mpm_event', 'authz_core', 'alias', 'rewrite']
const apache = (written: string): ServerProgram => ({
  files: ({ folder, port }) => ({
    'apache.conf': `${apacheModules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/apache.pid
ErrorLog ${folder}/error.log
LogLevel crit
Listen 127.0.0.1:${port}
ServerName localhost
DocumentRoot ${folder}
${written}
`,
  }),
  command: ({ folder }) => ['apache2', '-DFOREGROUND', '-f', join(folder, 'apache.conf')],
})

const express = (written: string): ServerProgram => ({
  files: ({ port }) => ({
    'server.mjs': `import { createRequire } from 'node:module'
const express = createRequire(${JSON.stringify(import.meta.url)})('express')
const app = express()
const junction = ${JSON.stringify(junction)}
${written}
app.listen(${port}, '127.0.0.1')
`,
  }),
  command: ({ folder }) => [process.execPath, join(folder, 'server.mjs')],
})

export const webServers: readonly WebServer[] = [
  {
    name: 'nginx, return with $is_args$args',
    ...nginx(`location ~ ^/oauth_callback/([a-z0-9_]+)$ {
      return 307 ${junction}/$1$is_args$args;
    }`),
    findings: ['question-mark-changed', 'refuses-long', 'not-refused', 'headers-missing', 'version-shown'],
  },
  {
    name: 'nginx, return with ?$args',
    ...nginx(`location ~ ^/oauth_callback/([a-z0-9_]+)$ {
      return 307 ${junction}/$1?$args;
    }`),
    findings: ['question-mark-changed', 'refuses-long', 'not-refused', 'headers-missing', 'version-shown'],
  },
  {
    name: 'nginx, rewrite with redirect',
    ...nginx(`rewrite ^/oauth_callback/(.*)$ ${junction}/$1 redirect;`),
    findings: [
      'question-mark-changed',
      'refuses-long',
      'wrong-status',
      'not-refused',
      'headers-missing',
      'version-shown',
    ],
  },
  {
    name: 'nginx, rewrite with ?$args',
    ...nginx(`rewrite ^/oauth_callback/(.*)$ ${junction}/$1?$args redirect;`),
    findings: [
      'parameters-changed',
      'question-mark-changed',
      'refuses-long',
      'wrong-status',
      'not-refused',
      'headers-missing',
      'version-shown',
    ],
  },
  {
    name: 'Caddy, redir with ?{query}',
    ...caddy(`@callback path_regexp callback ^/oauth_callback/([a-z0-9_]+)$
  redir @callback ${junction}/{re.callback.1}?{query} 307
  respond 404`),
    findings: ['question-mark-changed', 'not-refused', 'headers-missing'],
  },
  {
    name: 'Caddy, redir {uri}',
    ...caddy(`handle_path /oauth_callback/* {
    redir ${junction}{uri} 307
  }`),
    findings: ['not-refused', 'headers-missing'],
  },
  {
    name: 'HAProxy, redirect location',
    ...haproxy(
      `http-request redirect code 307 location ${junction}/%[path,field(3,/)]?%[query] if { path_beg /oauth_callback/ }`,
    ),
    findings: ['question-mark-changed', 'not-refused', 'headers-missing'],
  },
  {
    name: 'Apache, RedirectMatch',
    ...apache(`RedirectMatch 307 ^/oauth_callback/([a-z0-9_]+)$ ${junction}/$1`),
    findings: ['body-has-code', 'refuses-long', 'not-refused', 'headers-missing', 'version-shown'],
  },
  {
    name: 'Apache, RewriteRule',
    ...apache(`RewriteEngine On
RewriteRule ^/oauth_callback/([a-z0-9_]+)$ ${junction}/$1 [R=307,L]`),
    findings: ['body-has-code', 'refuses-long', 'not-refused', 'headers-missing', 'version-shown'],
  },
  {
    name: 'express, URLSearchParams of req.query',
    ...express(`app.get('/oauth_callback/:provider', (req, res) => {
  const query = new URLSearchParams(req.query)
  res.redirect(307, \`\${junction}/\${req.params.provider}?\${query}\`)
})`),
    findings: [
      'parameters-changed',
      'body-has-code',
      'parameters-lost',
      'query-re-encoded',
      'question-mark-changed',
      'not-refused',
      'reflected-input',
      'headers-missing',
      'version-shown',
    ],
  },
  {
    name: 'express, code and state',
    ...express(`app.get('/oauth_callback/:provider', (req, res) => {
  const { code, state } = req.query
  res.redirect(\`\${junction}/\${req.params.provider}?code=\${code}&state=\${state}\`)
})`),
    findings: [
      'parameters-lost',
      'query-decoded',
      'body-has-code',
      'wrong-status',
      'not-refused',
      'reflected-input',
      'headers-missing',
      'version-shown',
    ],
  },
  {
    name: 'express, the raw query',
    ...express(`app.get('/oauth_callback/:provider', (req, res) => {
  const start = req.url.indexOf('?')
  const query = start === -1 ? '' : req.url.slice(start)
  res.redirect(307, \`\${junction}/\${req.params.provider}\${query}\`)
})`),
    findings: [
      'body-has-code',
      'query-re-encoded',
      'not-refused',
      'reflected-input',
      'headers-missing',
      'version-shown',
    ],
  },
]
