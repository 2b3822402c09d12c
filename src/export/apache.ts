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

/** A virtual host for each host, matched by the raw request line. */
export function apache(plan: Plan): ExportedFile[] {
  const rules = toRules(plan)
  const byHost = plan.hosts.length > 1
  const sites = plan.hosts.map((host) => {
    const own = rules.filter((rule) => rule.host === host)
    const foreign = [
      `  RewriteCond %{HTTP_HOST} !^${literal(host)}\\.?(?::[0-9]*)?$ [NC]`,
      '  RewriteRule ^ - [R=421,L]',
    ]
    return [
      '<VirtualHost *:443>',
      `  ServerName ${host}`,
      '  # SSLEngine on, SSLCertificateFile and SSLCertificateKeyFile go here.',
      ...securityHeaders.map(([name, value]) => `  Header always set ${name} ${value}`),
      '  Header always set Allow "GET, HEAD" "expr=%{REQUEST_STATUS} == 405"',
      '  # The page of a redirect would repeat its target, and with it the code.',
      '  ErrorDocument 307 " "',
      '  CustomLog /dev/null common',
      '  LogLevel crit',
      '  RewriteEngine On',
      '  RewriteCond %{HTTP:Transfer-Encoding} !^$',
      '  RewriteRule ^ - [R=400,L]',
      ...(byHost ? foreign : []),
      ...own.flatMap((rule) => [
        `  RewriteCond %{REQUEST_METHOD} !^(?:GET|HEAD)$`,
        `  RewriteCond %{THE_REQUEST} "${requestLine(rule)}"`,
        '  RewriteRule ^ - [R=405,L]',
        `  RewriteCond %{THE_REQUEST} "${requestLine(rule)}"`,
        `  RewriteRule ^ "${substitution(rule.head)}${rule.slug === undefined ? '' : '%1'}${substitution(rule.tail)}" [R=307,L,NE]`,
      ]),
      '  RewriteRule ^ - [R=404,L]',
      '</VirtualHost>',
    ].join('\n')
  })
  const notes = {
    install: [
      'a2enmod rewrite headers ssl; copy it to /etc/apache2/sites-available/byoo.conf, add the certificate,',
      'a2ensite byoo; apachectl configtest && apachectl graceful',
    ],
    limits: [
      'a query longer than LimitRequestLine (here 48 kB) is answered 414',
      ...(plan.siteVerification.size > 0
        ? ['site_verification is not in it: Apache answers no text by itself, so serve a file']
        : []),
    ],
  }
  const server = `ServerTokens Prod
ServerSignature Off
TraceEnable Off
LimitRequestLine 49152
LimitRequestFieldSize 49152
`
  return [writeFile(plan, 'byoo.conf', '#', notes, `${server}${sites.join('\n')}\n`)]
}

/** The raw request line; an absolute-form target names the host once more. */
function requestLine(rule: Rule): string {
  const path = pathPattern(rule, (slug) => `(${slug})`)
  return `^[A-Z]+ (?:https?://[^/?#\\s]+)?${path}(?:\\?[^#\\s]*)? HTTP/`
}

/** Text in which neither `$1`, `%1` nor a backslash stands for something. */
function substitution(text: string): string {
  return text.replace(/[\\$%]/g, '\\$&').replaceAll('"', '\\"')
}
