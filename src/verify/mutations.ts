import type { FindingId } from './findings.ts'
import { decodeForm, partName, partValue, percentDecode } from './query.ts'

/** Something that programs are known to do to queries. */
export interface Mutation {
  readonly finding: FindingId
  /** Who does it, or how. */
  readonly cause: string
  readonly apply: Change
  /** What to do, when it is not what the finding says. */
  readonly advice?: string | undefined
}

/** Mutations, one after the other. */
export type Chain = readonly Mutation[]

/** One query as it was sent and as it came back. */
export interface Pair {
  /** Of the case. */
  readonly id: string
  readonly sent: string
  readonly received: string
}

type Change = (text: string) => string
type Row = readonly [cause: string, apply: Change, advice?: string]

function all(finding: FindingId, rows: readonly Row[]): Mutation[] {
  return rows.map(([cause, apply, advice]) => ({ finding, cause, apply, advice }))
}

/** Changes what follows the `?`, and leaves a query without one alone. */
function inside(change: Change): Change {
  return (query) => (query.startsWith('?') ? `?${change(query.slice(1))}` : query)
}

/** Changes what follows the `?`, and drops the `?` when nothing is left. */
function insideOrNothing(change: Change): Change {
  return (query) => {
    const changed = change(query.replace(/^\?/, ''))
    return changed === '' ? '' : `?${changed}`
  }
}

/** Changes the list of parts between `&`. */
function parts(change: (parts: readonly string[]) => readonly string[]): Change {
  return (text) => change(text.split('&')).join('&')
}

/** Keeps the parts that a rule accepts. */
function keep(rule: (part: string) => boolean): Change {
  return parts((list) => list.filter(rule))
}

/** Makes one part of those with the same name, where the first of them stands. */
function merge(both: (earlier: string, later: string) => string) {
  return (list: readonly string[]): string[] => {
    const merged = new Map<string, string>()
    for (const part of list) {
      const earlier = merged.get(partName(part))
      merged.set(partName(part), earlier === undefined ? part : both(earlier, part))
    }
    return [...merged.values()]
  }
}

const keepFirst = merge((earlier) => earlier)
/** By bytes, as most languages sort. */
const compare = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0)

const appendOnce = 'Append the query once (nginx: end the replacement of rewrite with "?").'
const questionMarkAdded: Mutation = {
  finding: 'question-mark-changed',
  cause: 'a "?" is added to a callback without a query',
  apply: (query) => query || '?',
  advice: 'Append "?" only when the request has one (nginx: $is_args$args).',
}

/** What becomes of repeated names in a map from name to value. */
const mergers: readonly Mutation[] = [
  ...all('parameters-lost', [
    ['of repeated names only the last is kept', inside(parts(merge((_, later) => later)))],
    ['of repeated names only the first is kept', inside(parts(keepFirst))],
    [
      'of repeated names only the last is kept',
      inside(parts((list) => keepFirst(list.toReversed()).toReversed())),
    ],
  ]),
  ...all('parameters-changed', [
    [
      'repeated names are joined with a comma',
      inside(parts(merge((earlier, later) => `${earlier},${partValue(later)}`))),
    ],
    [
      'repeated names are joined with ", "',
      inside(parts(merge((earlier, later) => `${earlier}, ${partValue(later)}`))),
    ],
    ['parameters are grouped by name', inside(parts(merge((earlier, later) => `${earlier}&${later}`)))],
  ]),
]

/** What happens to whole parameters and to the `?`. */
const parameterMutations: readonly Mutation[] = [
  ...all('query-lost', [['the query is not appended', () => '']]),
  questionMarkAdded,
  ...all('question-mark-changed', [
    ['a "?" without a query is dropped', (query) => (query === '?' ? '' : query)],
    ['a second leading "?" is dropped', (query) => query.replace(/^\?+/, '?')],
    ['the query is appended without its "?"', (query) => query.replace(/^\?/, '')],
  ]),
  ...mergers,
  ...all('parameters-lost', [
    ['a split at every "?"', (query) => /^\??[^?]*/.exec(query)?.[0] ?? query],
    ['empty parts are dropped', insideOrNothing(keep((part) => part !== ''))],
    ['parameters without a value are dropped', insideOrNothing(keep((part) => /=./.test(part)))],
    [
      'parameters without a name or a value are dropped',
      insideOrNothing(keep((part) => /^[^=]+=./.test(part))),
    ],
    ['parameters without a name are dropped', inside(keep((part) => partName(part) !== ''))],
    ['an & at the end is dropped', (query) => query.replace(/&$/, '')],
    [
      'a parser that protects Object.prototype, such as qs',
      inside(keep((part) => !['__proto__', 'constructor'].includes(partName(part)))),
    ],
    ['an object literal', inside(keep((part) => partName(part) !== '__proto__'))],
    ['parts with ; are dropped', inside(keep((part) => !part.includes(';')))],
  ]),
  ...all('parameters-changed', [
    [
      'parameters are sorted by name',
      inside(parts((list) => list.toSorted((left, right) => compare(partName(left), partName(right))))),
    ],
    ['parameters are sorted', inside(parts((list) => list.toSorted(compare)))],
    ['parameters are reversed', inside(parts((list) => list.toReversed()))],
    ['"=" is added to names without one', inside((text) => text.replace(/(^|&)([^&=]+)(?=&|$)/g, '$1$2='))],
    [
      'the query is appended twice, with &',
      (query) => (query.length > 1 ? `${query}&${query.slice(1)}` : query),
      appendOnce,
    ],
    ['the query is appended twice', (query) => query + query, appendOnce],
    ['a parser that takes ; for &', (query) => query.replaceAll(';', '&')],
  ]),
]

function encode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

/** Bytes that are no UTF-8 become U+FFFD, as in every decoder that returns text. */
function throughUtf8(text: string): string {
  return Buffer.from(Buffer.from(text, 'latin1').toString('utf8'), 'utf8').toString('latin1')
}

/** Who parses a form and writes it again: what they leave as it is, how they write a space. */
const formWriters: readonly (readonly [cause: string, plain: RegExp, space: string, utf8: boolean])[] = [
  ['URLSearchParams or a similar encoder', /[A-Za-z0-9*._-]/, '+', true],
  ['encodeURIComponent, or querystring in Node', /[A-Za-z0-9!'()*._~-]/, '%20', true],
  ['urlencode in Python', /[A-Za-z0-9._~-]/, '+', true],
  ['http_build_query in PHP', /[A-Za-z0-9._-]/, '+', false],
  ['url.Values in Go', /[A-Za-z0-9._~-]/, '+', false],
  ['an encoder that follows RFC 3986', /[A-Za-z0-9._~-]/, '%20', false],
  ['an encoder that follows RFC 3986', /[A-Za-z0-9._~-]/, '%20', true],
]

const formMutations = all(
  'query-re-encoded',
  formWriters.map(([cause, plain, space, utf8]): Row => {
    const write = (text: string) =>
      (utf8 ? throughUtf8(text) : text).replace(/[\s\S]/g, (character) => {
        if (character === ' ') return space
        return plain.test(character) ? character : encode(character)
      })
    const rewrite = (text: string) => decodeForm(text).map((pair) => pair.map(write).join('='))
    const apply = insideOrNothing((text) => rewrite(text).join('&'))
    return [`parsed and written again as a form: ${cause}`, apply]
  }),
)

/** Percent-encodes the characters of a pattern; a `%` that begins no escape only when asked to. */
function encodeMatching(pattern: RegExp, malformed: boolean): Change {
  return (query) => {
    const encoded = query.replace(pattern, encode)
    return malformed ? encoded.replace(/%(?![0-9a-f]{2})/gi, '%25') : encoded
  }
}

const uriClass = 'a URI class that encodes what RFC 3986 does not allow'

/** Who percent-encodes a whole URL: control characters, spaces, bytes outside ASCII, and what the pattern adds. */
const urlEncoders: readonly (readonly [cause: string, encode: Change])[] = [
  [
    'new URL(…).search',
    (query) => new URL(`https://host.invalid/${Buffer.from(query, 'latin1').toString('utf8')}`).search,
  ],
  ['new URL(…).href', encodeMatching(/[^!-~]|["'<>]/g, false)],
  ['res.redirect() of express', encodeMatching(/[^!-~]|["<>`{}]/g, true)],
  ['res.redirect() of express 4', encodeMatching(/[^!-~]|["<>`{}\\^|]/g, true)],
  [uriClass, encodeMatching(/[^!-~]|["<>`{}\\^|[\]]/g, false)],
  [uriClass, encodeMatching(/[^!-~]|["<>`{}\\^|[\]]/g, true)],
  [uriClass, encodeMatching(/[^!-~]|["<>`{}\\^|]/g, false)],
  [uriClass, encodeMatching(/[^!-~]|["<>`{}]/g, false)],
  [uriClass, encodeMatching(/[^!-~]|["<>]/g, false)],
  ['encodeURI in JavaScript', encodeMatching(/[^!-~]|["<>`{}\\^|[\]%]/g, false)],
]

/** Percent-decodes to bytes. */
function decodeBytes(plus: boolean, utf8: boolean): Change {
  return inside((text) => {
    const bytes = percentDecode(plus ? text.replaceAll('+', ' ') : text)
    return utf8 ? throughUtf8(bytes) : bytes
  })
}

/** JavaScript's own decoders throw at what is no UTF-8; such a query often goes on as it is, or is not answered. */
function decodeText(decode: Change): (query: string) => string | undefined {
  return (query) => {
    try {
      return Buffer.from(decode(Buffer.from(query, 'latin1').toString('utf8')), 'utf8').toString('latin1')
    } catch {
      return undefined
    }
  }
}

/** Who percent-decodes a whole query; undefined when it fails. */
const decoders: readonly (readonly [cause: string, decode: (query: string) => string | undefined])[] = [
  ['decodeURIComponent', decodeText(decodeURIComponent)],
  ['percent-decoding of the whole query', decodeBytes(false, false)],
  ['percent-decoding of the whole query', decodeBytes(false, true)],
  ['form-decoding of the whole query', decodeBytes(true, false)],
  ['form-decoding of the whole query', decodeBytes(true, true)],
  ['decodeURI', decodeText(decodeURI)],
]

/** A header ends where a line does, and spaces at its end do not count. */
function asHeader(text: string): string {
  return text.replace(/[\r\n][\s\S]*/, '').replace(/ +$/, '')
}

const decodings = all(
  'query-decoded',
  decoders.map(([cause, decode]): Row => [cause, (query) => asHeader(decode(query) ?? query)]),
)

const escapes = /%[0-9a-f]{2}/gi

/** What happens to single characters and their escapes, the most particular first. */
const encodingMutations: readonly Mutation[] = [
  ...all('query-decoded', [
    ['%2B becomes +', (query) => query.replace(/%2b/gi, '+')],
    ['%7E becomes ~', (query) => query.replace(/%7e/gi, '~')],
    [
      'normalisation after RFC 3986 section 6.2.2.2',
      (query) => query.replace(/%(?:2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi, percentDecode),
    ],
  ]),
  ...all('query-re-encoded', [
    ['+ becomes %20', inside((text) => text.replaceAll('+', '%20'))],
    ['%20 becomes +', (query) => query.replaceAll('%20', '+')],
    ['escapes are written in upper case', (query) => query.replace(escapes, (each) => each.toUpperCase())],
    ['escapes are written in lower case', (query) => query.replace(escapes, (each) => each.toLowerCase())],
    ['; becomes %3B', (query) => query.replaceAll(';', '%3B')],
    [
      '% is encoded again as %25',
      (query) => query.replaceAll('%', '%25'),
      'Append the query as it is (Apache: the NE flag of RewriteRule).',
    ],
    ['& becomes &amp;', (query) => query.replaceAll('&', '&amp;')],
    ['the whole query in lower case', (query) => query.toLowerCase()],
  ]),
  ...all('header-injection', [['line breaks are decoded', (query) => query.split(/%0d|%0a/i)[0] ?? '']]),
  ...all('query-re-encoded', urlEncoders),
  ...formMutations,
  ...decodings,
]

/** What needs no number or text from the answers: single mutations first, then what is often done after another. */
export const knownChains: readonly Chain[] = [
  ...[...parameterMutations, ...encodingMutations].map((single) => [single]),
  ...formMutations.flatMap((form) => [
    [form, questionMarkAdded],
    ...mergers.flatMap((merger) => [
      [merger, form],
      [merger, form, questionMarkAdded],
    ]),
  ]),
  ...decoders.flatMap(([decoder, decode]) =>
    urlEncoders.map(([encoder, encodeAll]) =>
      all('query-decoded', [
        [
          `${decoder}, then ${encoder}`,
          (query) => {
            const decoded = decode(query)
            return decoded === undefined ? query : encodeAll(decoded)
          },
        ],
      ]),
    ),
  ),
]

/** A cut shorter than this cuts everything, and is something else. */
const shortestCut = 40
const fewestParameters = 20
/** More names than this, or longer ones, are no selection. */
const maxNames = 12
/** What is longer was not added by a proxy. */
const maxAdded = 300

/** Mutations with a number or a text in them that the answers tell. */
export function derivedChains(pairs: readonly Pair[]): Chain[] {
  const changed = pairs.filter(({ sent, received }) => sent !== received)
  const single = [...all('parameters-lost', cuts(changed)), ...all('parameters-changed', additions(changed))]
  const selections = all('parameters-lost', selectionsOf(pairs))
  return [
    ...[...single, ...selections].map((each) => [each]),
    // A template has its values from a parser, which has decoded them.
    ...selections.flatMap((selection) => decodings.map((decoding) => [selection, decoding])),
  ]
}

function cuts(changed: readonly Pair[]): Row[] {
  const kept = changed.filter(({ sent, received }) => sent.startsWith(received))
  const length = Math.max(0, ...kept.map(({ received }) => received.length))
  const count = Math.max(0, ...changed.map(({ received }) => received.split('&').length))
  const byLength: Row = [
    `cut at ${length.toLocaleString('en')} bytes`,
    (query) => query.slice(0, length),
    'Raise the limit, or answer what is longer with 414.',
  ]
  const byCount: Row = [
    `no more than ${count.toLocaleString('en')} parameters are kept`,
    inside(parts((list) => list.slice(0, count))),
  ]
  return [...(length >= shortestCut ? [byLength] : []), ...(count >= fewestParameters ? [byCount] : [])]
}

function selectionsOf(pairs: readonly Pair[]): Row[] {
  const kept = new Set(pairs.flatMap(({ received }) => received.replace(/^\?/, '').split('&').map(partName)))
  kept.delete('')
  const names = [...kept]
  if (names.length === 0 || names.length > maxNames || names.join('').length > maxAdded) return []
  const cause = `only ${names.toSorted().join(', ')} ${names.length === 1 ? 'is' : 'are'} kept`
  const pick = keep((part) => kept.has(partName(part)))
  /** What a template like `?code=${code}&state=${state}` makes of a query. */
  const fill = (absent: string | undefined) =>
    parts((list) =>
      names.flatMap((name) => {
        const part = list.find((candidate) => partName(candidate) === name)
        if (part !== undefined) return [`${name}=${partValue(part)}`]
        return absent === undefined ? [] : [`${name}=${absent}`]
      }),
    )
  const fills = [undefined, '', 'undefined', 'null', 'None'].map((absent) => insideOrNothing(fill(absent)))
  const always: Change = (query) => `?${pick(query.replace(/^\?/, ''))}`
  return [insideOrNothing(pick), always, ...fills].map((apply): Row => [cause, apply])
}

function additions(changed: readonly Pair[]): Row[] {
  return changed.slice(0, 4).flatMap(({ sent, received }) => {
    const after = received.startsWith(sent) ? received.slice(sent.length).replace(/^[?&]/, '') : ''
    const kept = sent.slice(1)
    const before = kept !== '' && received.endsWith(`&${kept}`) ? received.slice(1, -kept.length - 1) : ''
    const row = (text: string, where: string, join: (query: string) => string) =>
      // A query of "?" alone is read as none, or as one.
      [0, 1].map((shortest): Row => {
        const apply: Change = (query) => (query.length <= shortest ? `?${text}` : join(query))
        return [`${text} is added at the ${where}`, apply, 'Append nothing of your own to the query.']
      })
    const atEnd = after.length <= maxAdded && /^[^&]+=/.test(after) && !sent.includes(after)
    const atStart = before.length <= maxAdded && /^[^&]+=[^&]*$/.test(before)
    return [
      ...(atEnd ? row(after, 'end', (query) => `${query}&${after}`) : []),
      ...(atStart ? row(before, 'start', (query) => `?${before}&${query.slice(1)}`) : []),
    ]
  })
}
