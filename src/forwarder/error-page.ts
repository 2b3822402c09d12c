import { type Reply, textReply } from './reply.ts'

export type ErrorStatus = 400 | 404 | 405 | 408 | 414 | 417 | 421 | 431 | 500

const goBack = 'Go back to the app that you came from and start connecting again.'

const ifYouRun = `${goBack} If you run this server:`

/** Of each status: its name, what happened, what to do. */
const explanations: Record<ErrorStatus, readonly [title: string, happened: string, todo: string]> = {
  400: ['Bad request', 'The request was not valid HTTP, so it was not passed on.', goBack],
  404: [
    'Not found',
    'There is nothing at this address, so nothing was passed on.',
    `${ifYouRun} it names the addresses that it serves when it starts.`,
  ],
  405: [
    'Method not allowed',
    'This address takes GET requests only, so the answer of the provider was not passed on.',
    `${ifYouRun} set the provider's response mode to "query".`,
  ],
  408: [
    'Request time-out',
    'The request did not arrive completely in time.',
    'Check your connection and try again.',
  ],
  414: [
    'Address too long',
    'The address is longer than this server accepts, so the answer of the provider was not passed on.',
    `${ifYouRun} raise --max-target.`,
  ],
  417: ['Expectation failed', 'The request expects something that this server does not support.', goBack],
  421: [
    'Misdirected request',
    'This server does not answer for the host name of the request, so nothing was passed on.',
    `${ifYouRun} the proxy in front must pass the Host header on unchanged.`,
  ],
  431: [
    'Request headers too large',
    'The headers of the request are larger than this server accepts.',
    'Clear the cookies of this site and try again.',
  ],
  500: ['Internal error', 'Something went wrong in this server, and nothing was passed on.', goBack],
}

const made = new Map<string, Reply>()

/** The answer to a request that is refused; `html` chooses the page for people over plain text. */
export function errorReply(status: ErrorStatus, html: boolean): Reply {
  const key = `${status} ${html}`
  const reply = made.get(key) ?? makeReply(status, html)
  made.set(key, reply)
  return reply
}

/** The same answer as bytes, for sockets on which there is no request to respond to. */
export function errorBytes(status: ErrorStatus): string {
  const { headers, body } = errorReply(status, false)
  const start = `HTTP/1.1 ${status} ${explanations[status][0]}\r\nDate: ${new Date().toUTCString()}\r\n`
  const fields = headers.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`))
  return `${start}Connection: close\r\n${fields.join('')}\r\n${body}`
}

/** Does an `Accept` header take text/html? (RFC 9110 §12.5.1: the most specific range decides; none accepts all.) */
export function acceptsHtml(accept: string | undefined): boolean {
  if (accept === undefined) return true
  const ranges = accept.toLowerCase().split(',')
  for (const type of ['text/html', 'text/*', '*/*']) {
    const range = ranges.find((candidate) => candidate.split(';', 1)[0]?.trim() === type)
    if (range !== undefined) return !/;\s*q=0(\.0*)?\s*(;|$)/.test(range)
  }
  return false
}

function makeReply(status: ErrorStatus, html: boolean): Reply {
  const [title, happened, todo] = explanations[status]
  const reply = html
    ? textReply(status, 'text/html; charset=utf-8', page(title, happened, todo), 'unmatched')
    : textReply(status, 'text/plain; charset=utf-8', `${title}. ${happened} ${todo}\n`, 'unmatched')
  if (html) reply.headers.push('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
  if (status === 405) reply.headers.push('Allow', 'GET, HEAD')
  return reply
}

function page(title: string, happened: string, todo: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>
:root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif }
body { max-width: 34rem; margin: 15vh auto; padding: 0 1.5rem }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${happened}</p>
<p>${todo}</p>
</main>
</body>
</html>
`
}
