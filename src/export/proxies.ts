import { type ExportedFile, header, type Plan } from './plan.ts'

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
  const upstream = `${header(plan, 'byoo-http.conf', '#', {
    install: [
      start,
      'copy both files to /etc/nginx; "include byoo-http.conf;" in http { }, "include byoo-location.conf;"',
      `in the server { } with "server_name ${plan.hosts.join(' ')};"; nginx -t && nginx -s reload`,
      'several byoo: one "server" line each',
    ],
    limits: ['a query longer than large_client_header_buffers (here 48 kB) is answered 414'],
  })}upstream byoo {
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
  const locations = `${header(plan, 'byoo-location.conf', '#', { install: ['see byoo-http.conf'], limits: [] })}large_client_header_buffers 4 48k;
${prefixes(plan).map(block).join('')}`
  return [
    { name: 'byoo-http.conf', text: upstream },
    { name: 'byoo-location.conf', text: locations },
  ]
}

/** Caddy in front: a site for each host, with certificates of its own. */
export function caddyProxy(plan: Plan): ExportedFile[] {
  const notes = header(plan, 'Caddyfile', '#', {
    install: [
      start,
      'copy it to /etc/caddy/Caddyfile, or its site and its first block into yours; caddy validate, then caddy reload',
      'several byoo: name each behind reverse_proxy',
    ],
    limits: [],
  })
  return [{ name: 'Caddyfile', text: `${notes}${caddySites(plan, '127.0.0.1:8080')}` }]
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
  const notes = header(plan, 'byoo.cfg', '#', {
    install: [
      start,
      'start byoo with --drain-delay 2 as well: /ready then turns HAProxy away before byoo stops',
      'put a certificate into /etc/haproxy/certs/ and this file beside haproxy.cfg; start HAProxy with both:',
      'haproxy -f /etc/haproxy/haproxy.cfg -f /etc/haproxy/byoo.cfg',
      'several byoo: one "server" line each',
      'it has no "option httplog": the request line holds an authorization code',
    ],
    limits: ['a query longer than tune.bufsize (here 48 kB) is refused'],
  })
  return [
    {
      name: 'byoo.cfg',
      text: `${notes}global
  tune.bufsize 49152
  tune.maxrewrite 1024
defaults byoo
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 10s
  timeout http-request 10s
  option redispatch
  retry-on conn-failure empty-response
frontend byoo from byoo
  bind :443 ssl crt /etc/haproxy/certs/
  default_backend byoo
backend byoo from byoo
  option httpchk GET /ready
  http-check expect status 200
  default-server check inter 500ms fall 1 rise 1
  server byoo1 127.0.0.1:8080
`,
    },
  ]
}
