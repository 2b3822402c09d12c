import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import { join } from 'node:path'
import type { ExportedFile } from '../../src/export/plan.ts'
import {
  nginxCommand,
  nginxConfiguration,
  type Place,
  type RunningServer,
  type ServerProgram,
  startServer,
} from './start-server.ts'

// Runs what byoo exports on the program that it is for, with TLS on a port of the loopback address.

const engines = join(import.meta.dirname, 'engines', 'node_modules', '.bin')

export interface Tls {
  readonly cert: string
  readonly key: string
}

/** A program that runs an export; texts are changed only where the address and the certificate stand. */
interface Engine {
  readonly files: (
    exported: Readonly<Record<string, string>>,
    place: Place,
  ) => Readonly<Record<string, string>>
  readonly command: ServerProgram['command']
}

const nginx: Engine = {
  files: (exported, { folder, port }) => ({
    ...replaceIn(exported, 'error_log /var/log/nginx/error.log crit;', `error_log ${folder}/error.log crit;`),
    'nginx.conf': nginxConfiguration(
      { folder, port },
      `access_log ${folder}/access.log;
  include ${folder}/byoo-http.conf;`,
      `server_name _;
    ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
    include ${folder}/byoo-location.conf;`,
      ' ssl',
    ),
  }),
  command: nginxCommand,
}

const caddy: Engine = {
  files: ({ Caddyfile = '' }, { folder, port }) => ({
    Caddyfile: `{
	admin off
	auto_https disable_redirects
	https_port ${port}
	default_bind 127.0.0.1
	local_certs
	skip_install_trust
	default_sni oauth.example.com
	${/^\tlog default \{[^}]*\}/m.exec(Caddyfile)?.[0] ?? ''}
}
${withoutOptions(Caddyfile).replaceAll(/^(\S.*) \{$/gm, (site) => `${site}\n\ttls ${folder}/cert.pem ${folder}/key.pem`)}`,
  }),
  command: ({ folder }) => ['caddy', 'run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'],
}

/** A Caddyfile has one block of options, and the test has its own. */
function withoutOptions(Caddyfile: string): string {
  return Caddyfile.replace(/^\{\n[\s\S]*?^\}\n/m, '')
}

const haproxy: Engine = {
  files: (exported, { folder, port }) =>
    replaceIn(
      exported,
      'bind :443 ssl crt /etc/haproxy/certs/',
      `bind 127.0.0.1:${port} ssl crt ${folder}/both.pem`,
    ),
  command: ({ folder }) => ['haproxy', '-db', '-f', join(folder, 'byoo.cfg')],
}

const apacheModules = ['mpm_event', 'authz_core', 'alias', 'rewrite', 'headers', 'ssl', 'socache_shmcb']
const apache: Engine = {
  files: (exported, { folder, port }) => ({
    'byoo.conf': (exported['byoo.conf'] ?? '')
      .replaceAll('*:443', `127.0.0.1:${port}`)
      .replaceAll(
        /# SSLEngine on.*/g,
        `SSLEngine on\n  SSLCertificateFile ${folder}/cert.pem\n  SSLCertificateKeyFile ${folder}/key.pem`,
      ),
    'apache.conf': `${apacheModules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/apache.pid
ErrorLog ${folder}/error.log
Listen 127.0.0.1:${port}
ServerName localhost
DocumentRoot ${folder}
Include ${folder}/byoo.conf
`,
  }),
  command: ({ folder }) => ['apache2', '-DFOREGROUND', '-f', join(folder, 'apache.conf')],
}

const workerd: Engine = {
  files: (exported, { port }) => ({
    ...exported,
    'config.capnp': `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker", esModule = embed "byoo-worker.mjs")],
    compatibilityDate = "2026-11-01"))],
  sockets = [(name = "https", address = "127.0.0.1:${port}", service = "main", https = (tlsOptions = (
    keypair = (privateKey = embed "key.pem", certificateChain = embed "cert.pem"))))]
);
`,
  }),
  command: ({ folder }) => [join(engines, 'workerd'), 'serve', join(folder, 'config.capnp')],
}

const deno: Engine = {
  files: (exported, { port }) => ({
    ...exported,
    'main.mjs': `import worker from './byoo-worker.mjs'
const [cert, key] = ['cert.pem', 'key.pem'].map((name) => Deno.readTextFileSync(new URL(name, import.meta.url)))
Deno.serve({ hostname: '127.0.0.1', port: ${port}, cert, key }, worker.fetch)
`,
  }),
  command: ({ folder }) => [
    join(engines, 'deno'),
    'run',
    '--allow-net',
    '--allow-read',
    join(folder, 'main.mjs'),
  ],
}

export const programs = { nginx, caddy, haproxy, apache, workerd, deno } satisfies Record<string, Engine>
export type ProgramName = keyof typeof programs

function replaceIn(
  files: Readonly<Record<string, string>>,
  from: string,
  to: string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text.replaceAll(from, to)]))
}

/** Starts a program with exported files, and waits until it listens. */
export function startProgram(
  name: ProgramName,
  exported: readonly ExportedFile[],
  tls: Tls,
  port?: number,
): Promise<RunningServer> {
  const { files, command } = programs[name]
  const pem = { 'cert.pem': tls.cert, 'key.pem': tls.key, 'both.pem': `${tls.cert}\n${tls.key}` }
  const texts = Object.fromEntries(exported.map((file) => [file.name, file.text]))
  return startServer(name, { files: (place) => ({ ...files(texts, place), ...pem }), command }, port)
}

/** A platform that cannot be run here: a server that makes the documented event of each request, and answers. */
export type Harness = (request: {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
}) => Promise<{
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}>

/** AWS Lambda behind a function URL: payload format 2.0. */
export async function lambdaHarness([file]: readonly ExportedFile[]): Promise<Harness> {
  const { handler } = await import(`data:text/javascript,${encodeURIComponent(file?.text ?? '')}`)
  return async ({ method, target, headers }) => {
    const question = target.indexOf('?')
    const { statusCode, ...answer } = await handler({
      version: '2.0',
      rawPath: question === -1 ? target : target.slice(0, question),
      rawQueryString: question === -1 ? '' : target.slice(question + 1),
      headers,
      requestContext: { http: { method } },
    })
    return { status: statusCode, ...answer }
  }
}

/** What CloudFront takes at most, in bytes, says its documentation (maximum length of a URL). */
const longestUrl = 8192

/** CloudFront: the event of "viewer request" of runtime 2.0. */
export function cloudfrontHarness([file]: readonly ExportedFile[]): Harness {
  const handler = new Function(`${file?.text}\nreturn handler`)()
  return async ({ method, target, headers }) => {
    if (target.length > longestUrl) return { status: 414, headers: {}, body: '' }
    const question = target.indexOf('?')
    const {
      statusCode,
      headers: given,
      body,
    } = handler({
      version: '1.0',
      request: {
        method,
        uri: question === -1 ? target : target.slice(0, question),
        rawQueryString: () => (question === -1 ? undefined : target.slice(question + 1)),
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { value }])),
      },
    })
    const entries = Object.entries(given as Record<string, { value: string }>)
    return {
      status: statusCode,
      headers: Object.fromEntries(entries.map(([name, { value }]) => [name, value])),
      body: body ?? '',
    }
  }
}

/** Serves a harness over TLS. */
export async function startHarness(
  harness: Harness,
  tls: Tls,
): Promise<Pick<RunningServer, 'port' | 'stop'>> {
  const server: Server = createServer({ ...tls, maxHeaderSize: 65_536 }, async (request, response) => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    )
    // Both platforms take a request target in origin form only.
    const target = (request.url ?? '').replace(/^https?:\/\/[^/?]*/i, '')
    const answer = await harness({ method: request.method ?? '', target, headers })
    const named = Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value])
    response.writeHead(answer.status, {
      'content-length': Buffer.byteLength(answer.body),
      ...Object.fromEntries(named),
    })
    response.end(request.method === 'HEAD' ? undefined : answer.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { port, stop }
}

/** What runs exports: programs, and harnesses of platforms. */
export type EngineName = ProgramName | 'lambda' | 'cloudfront'
export const engineNames: readonly EngineName[] = [
  ...(Object.keys(programs) as ProgramName[]),
  'lambda',
  'cloudfront',
]

/** The target of `byoo export` whose output an engine runs. */
export function targetOf(name: EngineName): string {
  return name === 'workerd' || name === 'deno' ? 'cloudflare' : name
}

/** Starts what an engine runs. */
export async function startEngine(
  name: EngineName,
  files: readonly ExportedFile[],
  tls: Tls,
): Promise<Pick<RunningServer, 'port' | 'stop'> & Partial<RunningServer>> {
  if (name === 'lambda') return startHarness(await lambdaHarness(files), tls)
  if (name === 'cloudfront') return startHarness(cloudfrontHarness(files), tls)
  return startProgram(name, files, tls)
}
