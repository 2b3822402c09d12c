import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { FindingId } from '../../src/verify/findings.ts'

const junction = 'https://api.us.junction.com/v2/link/connect'

/** A server that people put in front of Junction, configured the way they write it. */
export interface WebServer {
  readonly name: string
  /** The lines that matter. */
  readonly written: string
  /** Everything that is found, the worst first. */
  readonly findings: readonly FindingId[]
  readonly files: (port: number, folder: string) => Readonly<Record<string, string>>
  readonly command: (folder: string) => readonly [program: string, ...argv: string[]]
}

function nginx(written: string): Pick<WebServer, 'written' | 'files' | 'command'> {
  return {
    written,
    files: (port, folder) => ({
      'nginx.conf': `daemon off; pid ${folder}/nginx.pid; error_log stderr crit;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server { listen 127.0.0.1:${port};
    ${written}
  }
}`,
    }),
    command: (folder) => ['nginx', '-p', folder, '-c', join(folder, 'nginx.conf')],
  }
}

function caddy(written: string): Pick<WebServer, 'written' | 'files' | 'command'> {
  return {
    written,
    files: (port) => ({
      Caddyfile: `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  ${written}
}
`,
    }),
    command: (folder) => ['caddy', 'run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'],
  }
}

function haproxy(written: string): Pick<WebServer, 'written' | 'files' | 'command'> {
  return {
    written,
    files: (port) => ({
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
    command: (folder) => ['haproxy', '-db', '-f', join(folder, 'haproxy.cfg')],
  }
}

function apache(written: string): Pick<WebServer, 'written' | 'files' | 'command'> {
  const modules = ['mpm_event', 'authz_core', 'alias', 'rewrite']
  return {
    written,
    files: (port, folder) => ({
      'apache.conf': `${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
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
    command: (folder) => ['apache2', '-DFOREGROUND', '-f', join(folder, 'apache.conf')],
  }
}

function express(written: string): Pick<WebServer, 'written' | 'files' | 'command'> {
  return {
    written,
    files: (port) => ({
      'server.mjs': `import { createRequire } from 'node:module'
const express = createRequire(${JSON.stringify(import.meta.url)})('express')
const app = express()
const junction = ${JSON.stringify(junction)}
${written}
app.listen(${port}, '127.0.0.1')
`,
    }),
    command: (folder) => [process.execPath, join(folder, 'server.mjs')],
  }
}

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

export interface RunningWebServer {
  readonly port: number
  stop(): Promise<void>
}

/** Starts a server on a free port of the loopback address, and waits until it listens. */
export async function startWebServer(server: WebServer): Promise<RunningWebServer> {
  const folder = mkdtempSync(join(tmpdir(), 'byoo-web-server-'))
  const port = await freePort()
  for (const [name, text] of Object.entries(server.files(port, folder)))
    writeFileSync(join(folder, name), text)
  const [program, ...argv] = server.command(folder)
  const child = spawn(program, argv, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  })
  let complaint = ''
  child.stderr?.on('data', (chunk) => {
    complaint += chunk
  })
  const stop = async () => {
    await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  for (let attempt = 0; !(await listens(port)); attempt += 1) {
    if (attempt > 250 || child.exitCode !== null) {
      await stop()
      throw new Error(`${server.name} does not start: ${complaint}`)
    }
    await wait(20)
  }
  return { port, stop }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
  await exited
  clearTimeout(timer)
}

/** These servers cannot pick a port of their own. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const tell = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => tell(true))
    socket.once('error', () => tell(false))
  })
}
