import { haproxyDefaults, haproxyFrontend, haproxyInstall } from './haproxy.ts'
import { nginxInstall, seeHttp } from './nginx.ts'
import { type ExportedFile, type Plan, writeFile } from './plan.ts'

// byoo behind a server that is there already. Each passes the request target and the Host on as they came.

const start =
  'start byoo with --behind-proxy (BYOO_BEHIND_PROXY=true): the proxy parses requests, so byoo need not bound them'

/** Where users arrive: everything in front of `{provider}`, or the one path. */
function prefixes({ routes, siteVerification }: Plan): string[] {
  const ofRoutes = routes.map(({ path }) => {
    const at = path.indexOf('{provider}')
    return at === -1 ? `= "${path}"` : `^~ "${path.slice(0, at)}"`
  })
  return [...new Set([...ofRoutes, ...[...siteVerification.keys()].map((path) => `= "${path}"`)])]
}

/** nginx in front: an upstream for `http`, and locations to include in a `server` that exists. */
export function nginxProxy(plan: Plan): ExportedFile[] {
  const notes = {
    install: [start, ...nginxInstall(plan), 'several byoo: one "server" line each'],
    limits: ['a query longer than large_client_header_buffers (here 48 kB) is answered 414'],
  }
  const upstream = `upstream byoo {
  # max_fails=0: quick restarts of two byoo in turn must not mark both as failed.
  server 127.0.0.1:8080 max_fails=0;
  keepalive 64;
}
`
  const block = (path: string) => `location ${path} {
  access_log off;
  # An error beside a request is logged with its URL, and so with its authorization code.
  error_log /var/log/nginx/error.log crit;
  server_tokens off;
  # No path behind the name: nginx then passes the request target on unchanged.
  proxy_pass http://byoo;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_next_upstream error timeout http_503;
  # The answer's Location is as long as the query.
  proxy_buffer_size 64k;
  proxy_buffers 4 64k;
  proxy_busy_buffers_size 128k;
}
`
  const locations = `large_client_header_buffers 4 48k;\n${prefixes(plan).map(block).join('')}`
  return [
    writeFile(plan, 'byoo-http.conf', '#', notes, upstream),
    writeFile(plan, 'byoo-location.conf', '#', seeHttp, locations),
  ]
}

/** Caddy in front: a site for each host, with certificates of its own. */
export function caddyProxy(plan: Plan): ExportedFile[] {
  const notes = {
    install: [
      start,
      'copy it to /etc/caddy/Caddyfile, or its site and its first block into yours; caddy validate, then caddy reload',
      'several byoo: name each behind reverse_proxy',
    ],
  }
  return [writeFile(plan, 'Caddyfile', '#', notes, caddySites(plan, '127.0.0.1:8080'))]
}

/** The sites of a Caddyfile that pass everything on to byoo. Caddy passes Host on by itself. */
export function caddySites({ hosts }: Plan, upstream: string): string {
  return `{
	# An error beside a request is logged with its URL, and so with its authorization code.
	log default {
		exclude http.log.error
	}
}
${hosts.join(', ')} {
	reverse_proxy ${upstream} {
		health_uri /ready
		health_interval 2s
		lb_try_duration 5s
	}
}
`
}

/** HAProxy in front: a frontend and a backend with health checks, beside the configuration that exists. */
export function haproxyProxy(plan: Plan): ExportedFile[] {
  const notes = {
    install: [
      start,
      'start byoo with --drain-delay 2 as well: /ready then turns HAProxy away before byoo stops',
      ...haproxyInstall,
      'several byoo: one "server" line each',
    ],
    limits: ['a query longer than tune.bufsize (here 48 kB) is refused'],
  }
  const text = `${haproxyDefaults}  option redispatch
  retry-on conn-failure empty-response
${haproxyFrontend}  default_backend byoo
backend byoo from byoo
  option httpchk GET /ready
  http-check expect status 200
  default-server check inter 500ms fall 1 rise 1
  server byoo1 127.0.0.1:8080
`
  return [writeFile(plan, 'byoo.cfg', '#', notes, text)]
}
