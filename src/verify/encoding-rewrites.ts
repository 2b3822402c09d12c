import { decodeForm, percentDecode } from './query.ts'
import { inside, insideOrNothing, type Rewrite, rewrite } from './rewrite.ts'

function encode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

/** Bytes that are no UTF-8 become U+FFFD, as in every decoder that returns text. */
function throughUtf8(text: string): string {
  return Buffer.from(Buffer.from(text, 'latin1').toString('utf8'), 'utf8').toString('latin1')
}

/** Who parses a form and writes it again: what they leave as it is, how they write a space. */
const formWriters: readonly (readonly [culprit: string, plain: RegExp, space: string, utf8: boolean])[] = [
  ['URLSearchParams or a similar encoder', /[A-Za-z0-9*._-]/, '+', true],
  ['encodeURIComponent, or querystring in Node', /[A-Za-z0-9!'()*._~-]/, '%20', true],
  ['urlencode in Python', /[A-Za-z0-9._~-]/, '+', true],
  ['http_build_query in PHP', /[A-Za-z0-9._-]/, '+', false],
  ['url.Values in Go', /[A-Za-z0-9._~-]/, '+', false],
  ['an encoder that follows RFC 3986', /[A-Za-z0-9._~-]/, '%20', false],
  ['an encoder that follows RFC 3986', /[A-Za-z0-9._~-]/, '%20', true],
]

const formRewrites = formWriters.map(([culprit, plain, space, utf8]) => {
  const write = (text: string) =>
    (utf8 ? throughUtf8(text) : text).replace(/[\s\S]/g, (character) => {
      if (character === ' ') return space
      return plain.test(character) ? character : encode(character)
    })
  return rewrite(
    'form-re-encoded',
    culprit,
    insideOrNothing((text) =>
      decodeForm(text)
        .map((pair) => pair.map(write).join('='))
        .join('&'),
    ),
  )
})

/** Percent-encodes the characters of a pattern; a `%` that begins no escape only when asked to. */
function encodeMatching(pattern: RegExp, malformed: boolean): (query: string) => string {
  return (query) => {
    const encoded = query.replace(pattern, encode)
    return malformed ? encoded.replace(/%(?![0-9a-f]{2})/gi, '%25') : encoded
  }
}

const uriClass = 'a URI class that encodes what RFC 3986 does not allow'

const urlRewrites = [
  rewrite('url-re-encoded', 'new URL(…).search', (query) => new URL(`https://host.invalid/${query}`).search),
  rewrite('url-re-encoded', 'new URL(…).href', encodeMatching(/["'<>]/g, false)),
  rewrite('url-re-encoded', 'res.redirect() of express', encodeMatching(/["<>`{}]/g, true)),
  rewrite('url-re-encoded', 'res.redirect() of express 4', encodeMatching(/["<>`{}\\^|]/g, true)),
  rewrite('url-re-encoded', uriClass, encodeMatching(/["<>`{}\\^|[\]]/g, false)),
  rewrite('url-re-encoded', uriClass, encodeMatching(/["<>`{}\\^|[\]]/g, true)),
  rewrite('url-re-encoded', uriClass, encodeMatching(/["<>`{}\\^|]/g, false)),
  rewrite('url-re-encoded', uriClass, encodeMatching(/["<>`{}]/g, false)),
  rewrite('url-re-encoded', uriClass, encodeMatching(/["<>]/g, false)),
  rewrite('url-re-encoded', 'encodeURI in JavaScript', encodeMatching(/["<>`{}\\^|[\]%]/g, false)),
]

/** Percent-decodes the whole query, with the differences between decoders. */
function decode({ plus, utf8, except }: { plus: boolean; utf8: boolean; except?: RegExp }) {
  return inside((text) => {
    const bytes = (plus ? text.replaceAll('+', ' ') : text).replace(/%[0-9a-f]{2}/gi, (encoded) => {
      const character = percentDecode(encoded)
      return except?.test(character) ? encoded : character
    })
    // A header ends where a line does, and spaces at its end do not count.
    const line = bytes.replace(/[\r\n][\s\S]*/, '').replace(/ +$/, '')
    return utf8 ? throughUtf8(line) : line
  })
}

const onceTooOften = 'percent-decoding of the whole query'

/** What happens to single characters and their escapes, the most particular first. */
export const encodingRewrites: readonly Rewrite[] = [
  rewrite('encoded-plus-decoded', '%2B decoded to +', (query) => query.replace(/%2b/gi, '+')),
  rewrite(
    'plus-to-space',
    '+ written as %20',
    inside((text) => text.replaceAll('+', '%20')),
  ),
  rewrite('space-to-plus', '%20 written as +', (query) => query.replaceAll('%20', '+')),
  rewrite('unreserved-decoded', '%7E decoded to ~', (query) => query.replace(/%7e/gi, '~')),
  rewrite('unreserved-decoded', 'normalisation after RFC 3986 section 6.2.2.2', (query) =>
    query.replace(/%(?:2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi, percentDecode),
  ),
  rewrite('hex-case-changed', 'normalisation after RFC 3986 section 6.2.2.1', (query) =>
    query.replace(/%[0-9a-f]{2}/gi, (encoded) => encoded.toUpperCase()),
  ),
  rewrite('hex-case-changed', 'an encoder that writes lower-case digits', (query) =>
    query.replace(/%[0-9a-f]{2}/gi, (encoded) => encoded.toLowerCase()),
  ),
  rewrite('semicolon-changed', 'a parser that takes ; for &', (query) => query.replaceAll(';', '&')),
  rewrite('semicolon-changed', '; written as %3B', (query) => query.replaceAll(';', '%3B')),
  rewrite('header-injection', 'line breaks are decoded', (query) => query.split(/%0d|%0a/i)[0] ?? ''),
  rewrite('double-encoded', '% encoded again as %25', (query) => query.replaceAll('%', '%25')),
  rewrite('html-escaped', '& written as &amp;', (query) => query.replaceAll('&', '&amp;')),
  rewrite('lower-cased', 'the whole query in lower case', (query) => query.toLowerCase()),
  ...urlRewrites,
  ...formRewrites,
  rewrite('decoded', onceTooOften, decode({ plus: false, utf8: false })),
  rewrite('decoded', onceTooOften, decode({ plus: false, utf8: true })),
  rewrite('decoded', 'form-decoding of the whole query', decode({ plus: true, utf8: false })),
  rewrite('decoded', 'form-decoding of the whole query', decode({ plus: true, utf8: true })),
  rewrite('decoded', 'decodeURI in JavaScript', decode({ plus: false, utf8: true, except: /[;/?:@&=+$,#]/ })),
]
