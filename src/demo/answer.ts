import { createHash } from 'node:crypto'

/** What went wrong, in the words of who noticed it first. */
export interface Fault {
  /** An OAuth error code (RFC 6749 §4.1.2.1, §5.2) or an error type of Junction's Link. */
  readonly code: string
  /** One sentence for the person who looks for the mistake. */
  readonly message: string
}

/** An answer as data: JSON, or an HTML page when there is one. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly page?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly fault?: Fault | undefined
  /** The OAuth state that the exchange belongs to, when neither request nor answer shows it. */
  readonly state?: string
}

/** Thrown to answer otherwise than was asked for. */
export class Refusal extends Error {
  readonly answer: Answer

  constructor(answer: Answer) {
    super(`refused with ${answer.status}`)
    this.answer = answer
  }
}

/** To a call that the demo does not play; the real Junction may have it. */
export const notPlayed: Answer = { status: 501, body: { detail: 'the demo does not play this' } }

/** HTML that needs no more escaping. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** A template in which everything but markup is escaped. */
export function markup(
  parts: TemplateStringsArray,
  ...values: readonly (string | Markup | Markup[])[]
): Markup {
  const escaped = values.map((value) => {
    if (value instanceof Markup) return value.text
    if (typeof value !== 'string') return value.map(({ text }) => text).join('')
    return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
  })
  return new Markup(String.raw({ raw: parts }, ...escaped))
}

const style = `:root{color-scheme:light dark;background:Canvas;color:CanvasText}
body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:0 auto;padding:2rem 1rem;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.2}
code{font-family:ui-monospace,monospace}
button{font:inherit;padding:.6rem 1.2rem;margin:0 .5rem .5rem 0;border:2px solid currentcolor;border-radius:.4rem;cursor:pointer}
:focus-visible{outline:3px solid currentcolor;outline-offset:3px}`

const styleHash = createHash('sha256').update(style).digest('base64')

/** Chromium holds the whole chain of redirects after a form against form-action, wherever it leads. */
const formAction = "'self' http://127.0.0.1:* http://localhost:* https:"

const headers = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; frame-ancestors 'none'; form-action ${formAction}`,
  'x-content-type-options': 'nosniff',
}

/** A small page without scripts or anything from elsewhere. */
export function pageAnswer(status: number, title: string, content: Markup): Answer {
  const { text } = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`
  return { status, page: text, headers }
}

/** The answer; an error page has a link to `url`, so that whoever is stuck there can go on. */
export function withBackLink(answer: Answer, url: string | undefined): Answer {
  if (answer.page === undefined || answer.status < 400 || url === undefined) return answer
  const link = markup`<p><a href="${url}">Back to the demo</a></p>\n</main>`
  return { ...answer, page: answer.page.replace('</main>', () => link.text) }
}
