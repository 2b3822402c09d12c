import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { answer } from './measure.ts'
import { findPeer, findProgram, peers } from './programs.ts'
import { routePath, routesYaml } from './routes.ts'

/** A Node binary to run servers with; `version` as `20.19.0`. */
export type NodeBinary = { path: string; version: string }

type Identity =
  | 'constant'
  | 'slice'
  | 'silent'
  | 'log'
  | 'bounded-silent'
  | 'bounded-log'
  | 'express'
  | 'fastify'
  | 'hono'
  | 'nginx'
  | 'caddy'
  | 'apache'

/** One row of the table. `node` is undefined where the server does not run on Node. */
export type Server = {
  identity: Identity
  name: string
  node: NodeBinary | undefined
  installed: boolean
  /** A path that it answers with a 307, when it is not the usual one. */
  asks?: string
  /** Program and arguments; a configuration file is written into `folder`. */
  command: (port: number, folder: string) => string[]
}

/** What `npm run build` makes. */
export const product = join(import.meta.dirname, '../../dist/byoo.js')

/** The servers that run on one Node. */
export function nodeServers(node: NodeBinary): Server[] {
  const row = (identity: Identity, name: string, command: Server['command']): Server => ({
    ...{ identity, name, node, installed: true, command },
  })
  const byoo =
    (...options: string[]) =>
    (port: number) => [
      ...[node.path, product, 'serve', '--environment', 'production/us'],
      ...['--port', String(port), ...options],
    ]
  const silent = ['--log-level', 'silent']
  const peer = (file: string) => (port: number) => [node.path, join(peers, file), String(port)]
  return [
    row('constant', 'node:http, constant 307 (the limit)', (port) => [
      ...peer('bare.cjs')(port),
      answer.location,
    ]),
    row('slice', 'node:http, bare slice', peer('bare.cjs')),
    row('silent', '**byoo** --behind-proxy, log silent', byoo('--behind-proxy', ...silent)),
    row('log', '**byoo** --behind-proxy, access log to a file', byoo('--behind-proxy')),
    row('bounded-silent', '**byoo**, log silent', byoo(...silent)),
    row('bounded-log', '**byoo**, access log to a file', byoo()),
    ...(['express', 'fastify', 'hono'] as const).map((identity) =>
      row(identity, findPeer(identity).label, peer(`${identity}.cjs`)),
    ),
  ]
}

/** byoo with a byoo.yaml of that many routes on one host. */
export function serverWithRoutes(node: NodeBinary, count: number): Server {
  return {
    ...{ identity: 'silent', node, installed: true },
    name: `byoo with ${count} routes`,
    asks: routePath(count - 1),
    command: (port, folder) => {
      const file = write(folder, `routes-${count}.yaml`, routesYaml(count))
      const options = ['--behind-proxy', '--log-level', 'silent', '--port', String(port)]
      return [node.path, product, 'serve', '--config', file, ...options]
    },
  }
}

/** The servers that do not depend on Node, from their Debian packages. */
export function otherServers(): Server[] {
  return [
    other('nginx', 'nginx', '-v', (port, folder) => {
      const file = write(folder, 'nginx.conf', nginxConfiguration(port, folder))
      return ['-p', folder, '-e', 'stderr', '-c', file]
    }),
    other('caddy', 'caddy', 'version', (port, folder) => {
      const file = write(folder, 'Caddyfile', caddyConfiguration(port))
      return ['run', '--adapter', 'caddyfile', '--config', file]
    }),
    other('apache', 'apache2', '-v', (port, folder) => {
      const file = write(folder, 'apache.conf', apacheConfiguration(port, folder))
      return ['-D', 'FOREGROUND', '-f', file]
    }),
  ]
}

function other(
  identity: 'nginx' | 'caddy' | 'apache',
  programName: string,
  askVersion: string,
  argv: Server['command'],
): Server {
  const program = findProgram(programName) ?? ''
  const { stdout, stderr } = spawnSync(program || 'false', [askVersion], { encoding: 'utf8' })
  const version = /\d+\.\d+(\.\d+)?/.exec(stdout + stderr)?.[0] ?? ''
  const title = { nginx: 'nginx', caddy: 'Caddy', apache: 'Apache' }[identity]
  return {
    identity,
    name: `${title} ${version}`.trim(),
    node: undefined,
    installed: program !== '',
    command: (port, folder) => [program, ...argv(port, folder)],
  }
}

function write(folder: string, name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

function nginxConfiguration(port: number, folder: string): string {
  return `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port};
    location ~ "^/oauth_callback/([a-z0-9][a-z0-9_-]{0,63})$" {
      return 307 https://api.us.junction.com/v2/link/connect/$1$is_args$args;
    }
    location / { return 404; }
  }
}
`
}

function caddyConfiguration(port: number): string {
  return `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  @callback path_regexp callback \`^/oauth_callback/([a-z0-9][a-z0-9_-]{0,63})$\`
  redir @callback https://api.us.junction.com/v2/link/connect/{re.callback.1}?{query} 307
  respond 404
}
`
}

function apacheConfiguration(port: number, folder: string): string {
  const modules = '/usr/lib/apache2/modules'
  return `ServerName 127.0.0.1
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/apache.pid
ErrorLog /dev/stderr
User www-data
Group www-data
Listen 127.0.0.1:${port}
MaxKeepAliveRequests 0
LoadModule mpm_event_module ${modules}/mod_mpm_event.so
LoadModule authz_core_module ${modules}/mod_authz_core.so
LoadModule alias_module ${modules}/mod_alias.so
RedirectMatch 307 "^/oauth_callback/([a-z0-9][a-z0-9_-]{0,63})$" "https://api.us.junction.com/v2/link/connect/$1"
RedirectMatch 404 "^"
`
}
