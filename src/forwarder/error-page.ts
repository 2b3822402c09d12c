import { type Reply, textReply } from './reply.ts'

export type ErrorStatus = 400 | 404 | 405 | 408 | 414 | 417 | 421 | 431 | 500

const goBack = 'Go back to the app that you came from and start connecting again.'

const explanations: Record<ErrorStatus, Record<'title' | 'happened' | 'todo', string>> = {
  400: {
    title: 'Bad request',
    happened: 'The request was not valid HTTP, so it was not passed on.',
    todo: goBack,
  },
  404: {
    title: 'Not found',
    happened: 'There is nothing at this address, so nothing was passed on.',
    todo: `${goBack} If you run this server: it names the addresses that it serves when it starts.`,
  },
  405: {
    title: 'Method not allowed',
    happened: 'This address takes GET requests only, so the answer of the provider was not passed on.',
    todo: `${goBack} If you run this server: set the provider's response mode to "query".`,
  },
  408: {
    title: 'Request time-out',
    happened: 'The request did not arrive completely in time.',
    todo: 'Check your connection and try again.',
  },
  414: {
    title: 'Address too long',
    happened:
      'The address is longer than this server accepts, so the answer of the provider was not passed on.',
    todo: `${goBack} If you run this server: raise --max-target.`,
  },
  417: {
    title: 'Expectation failed',
    happened: 'The request expects something that this server does not support.',
    todo: goBack,
  },
  421: {
    title: 'Misdirected request',
    happened: 'This server does not answer for the host name of the request, so nothing was passed on.',
    todo: `${goBack} If you run this server: the proxy in front must pass the Host header on unchanged.`,
  },
  431: {
    title: 'Request headers too large',
    happened: 'The headers of the request are larger than this server accepts.',
    todo: 'Clear the cookies of this site and try again.',
  },
  500: {
    title: 'Internal error',
    happened: 'Something went wrong in this server, and nothing was passed on.',
    todo: goBack,
  },
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
  const lines = [
    `HTTP/1.1 ${status} ${explanations[status].title}`,
    `Date: ${new Date().toUTCString()}`,
    'Connection: close',
  ]
  for (let index = 0; index < headers.length; index += 2)
    lines.push(`${headers[index]}: ${headers[index + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n${body}`
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
  const { title, happened, todo } = explanations[status]
  const [type, body] = html
    ? ['text/html; charset=utf-8', page(status)]
    : ['text/plain; charset=utf-8', `${title}. ${happened} ${todo}\n`]
  const { headers, ...reply } = textReply(status, type, body, 'unmatched')
  if (html) headers.push('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
  if (status === 405) headers.push('Allow', 'GET, HEAD')
  return { ...reply, headers }
}

function page(status: ErrorStatus): string {
  const { title, happened, todo } = explanations[status]
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
