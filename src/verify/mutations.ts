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
/** What is done, by who does it or how; in several ways, where they differ in what they make of odd queries. */
type Causes = Readonly<Record<string, Change | readonly Change[]>>

function all(finding: FindingId, causes: Causes, advice?: string): Mutation[] {
  return Object.entries(causes).flatMap(([cause, changes]) =>
    [changes].flat().map((change) => ({ finding, cause, apply: memoize(change), advice })),
  )
}

/** Chains have steps in common, and are tried on the same queries: each is taken once. */
function memoize(change: Change): Change {
  const results = new Map<string, string>()
  return (text) => {
    const result = results.get(text) ?? change(text)
    results.set(text, result)
    return result
  }
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
function merge(both: (earlier: string, later: string) => string): Change {
  return parts((list) => {
    const merged = new Map<string, string>()
    for (const part of list) {
      const earlier = merged.get(partName(part))
      merged.set(partName(part), earlier === undefined ? part : both(earlier, part))
    }
    return [...merged.values()]
  })
}

const reverse = parts((list) => list.toReversed())
const keepFirst = merge((earlier) => earlier)
/** By bytes, as most languages sort. */
const compare = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0)
const compareNames = (left: string, right: string) => compare(partName(left), partName(right))

const addsQuestionMark: readonly Mutation[] = all(
  'question-mark-changed',
  { 'a "?" is added to a callback without a query': (query) => query || '?' },
  'Append "?" only when the request has one (nginx: $is_args$args).',
)

/** What becomes of repeated names in a map from name to value. */
const mergers: readonly Mutation[] = [
  ...all('parameters-lost', {
    'of repeated names only the last is kept': [
      inside(merge((_, later) => later)),
      inside((text) => reverse(keepFirst(reverse(text)))),
    ],
    'of repeated names only the first is kept': inside(keepFirst),
  }),
  ...all('parameters-changed', {
    'repeated names are joined with a comma': inside(merge((one, other) => `${one},${partValue(other)}`)),
    'repeated names are joined with ", "': inside(merge((one, other) => `${one}, ${partValue(other)}`)),
    'parameters are grouped by name': inside(merge((one, other) => `${one}&${other}`)),
  }),
]

/** What happens to whole parameters and to the `?`. */
const parameterMutations: readonly Mutation[] = [
  ...all('query-lost', { 'the query is not appended': () => '' }),
  ...addsQuestionMark,
  ...all('question-mark-changed', {
    'a "?" without a query is dropped': (query) => (query === '?' ? '' : query),
    'a second leading "?" is dropped': (query) => query.replace(/^\?+/, '?'),
    'the query is appended without its "?"': (query) => query.replace(/^\?/, ''),
  }),
  ...mergers,
  ...all('parameters-lost', {
    'a split at every "?"': (query) => /^\??[^?]*/.exec(query)?.[0] ?? query,
    'empty parts are dropped': insideOrNothing(keep((part) => part !== '')),
    'parameters without a value are dropped': [
      insideOrNothing(keep((part) => /=./.test(part))),
      insideOrNothing(keep((part) => /^[^=]+=./.test(part))),
    ],
    'parameters without a name are dropped': inside(keep((part) => partName(part) !== '')),
    'an & at the end is dropped': (query) => query.replace(/&$/, ''),
    'a parser that protects Object.prototype, such as qs': inside(
      keep((part) => !['__proto__', 'constructor'].includes(partName(part))),
    ),
    'an object literal': inside(keep((part) => partName(part) !== '__proto__')),
  }),
  ...all('parameters-changed', {
    'parameters are sorted by name': inside(parts((list) => list.toSorted(compareNames))),
    'parameters are sorted': inside(parts((list) => list.toSorted(compare))),
    '"=" is added to names without one': inside((text) => text.replace(/(^|&)([^&=]+)(?=&|$)/g, '$1$2=')),
    'a parser that takes ; for &': (query) => query.replaceAll(';', '&'),
  }),
  ...all(
    'parameters-changed',
    {
      'the query is appended twice, with &': (query) =>
        query.length > 1 ? `${query}&${query.slice(1)}` : query,
      'the query is appended twice': (query) => query + query,
    },
    'Append the query once (nginx: end the replacement of rewrite with "?").',
  ),
]

function encode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

/** Bytes that are no UTF-8 become U+FFFD, as in every decoder that returns text. */
function throughUtf8(text: string): string {
  return Buffer.from(Buffer.from(text, 'latin1').toString('utf8'), 'utf8').toString('latin1')
}

/** Parses a form and writes it again: what is left as it is, how a space is written, whether values become text. */
function rewriteForm(plain: RegExp, space: string, utf8: boolean): Change {
  const write = (text: string) =>
    (utf8 ? throughUtf8(text) : text).replace(/[\s\S]/g, (character) => {
      if (character === ' ') return space
      return plain.test(character) ? character : encode(character)
    })
  return insideOrNothing((text) =>
    decodeForm(text)
      .map((pair) => pair.map(write).join('='))
      .join('&'),
  )
}

const again = 'parsed and written again as a form: '
const formMutations = all('query-re-encoded', {
  [`${again}URLSearchParams or a similar encoder`]: rewriteForm(/[A-Za-z0-9*._-]/, '+', true),
  [`${again}encodeURIComponent, or querystring in Node`]: rewriteForm(/[A-Za-z0-9!'()*._~-]/, '%20', true),
  [`${again}urlencode in Python`]: rewriteForm(/[A-Za-z0-9._~-]/, '+', true),
  [`${again}http_build_query in PHP`]: rewriteForm(/[A-Za-z0-9._-]/, '+', false),
  [`${again}url.Values in Go`]: rewriteForm(/[A-Za-z0-9._~-]/, '+', false),
  [`${again}an encoder that follows RFC 3986`]: [
    rewriteForm(/[A-Za-z0-9._~-]/, '%20', false),
    rewriteForm(/[A-Za-z0-9._~-]/, '%20', true),
  ],
})

/** Percent-encodes the characters of a pattern; a `%` that begins no escape only when asked to. */
function encodeMatching(pattern: RegExp, malformed = false): Change {
  return (query) => {
    const encoded = query.replace(pattern, encode)
    return malformed ? encoded.replace(/%(?![0-9a-f]{2})/gi, '%25') : encoded
  }
}

/** Who percent-encodes a whole URL: control characters, spaces, bytes outside ASCII, and what the pattern adds. */
const urlEncoders = all('query-re-encoded', {
  'new URL(…).search': (query) =>
    new URL(`https://host.invalid/${Buffer.from(query, 'latin1').toString('utf8')}`).search,
  'new URL(…).href': encodeMatching(/[^!-~]|["'<>]/g),
  'res.redirect() of express': encodeMatching(/[^!-~]|["<>`{}]/g, true),
  'res.redirect() of express 4': encodeMatching(/[^!-~]|["<>`{}\\^|]/g, true),
  'a URI class that encodes what RFC 3986 does not allow': [
    encodeMatching(/[^!-~]|["<>`{}\\^|[\]]/g),
    encodeMatching(/[^!-~]|["<>`{}\\^|[\]]/g, true),
    encodeMatching(/[^!-~]|["<>`{}\\^|]/g),
    encodeMatching(/[^!-~]|["<>`{}]/g),
    encodeMatching(/[^!-~]|["<>]/g),
  ],
  'encodeURI in JavaScript': encodeMatching(/[^!-~]|["<>`{}\\^|[\]%]/g),
})

type Decode = (query: string) => string | undefined

/** Percent-decodes to bytes, or to text. */
function decodeBytes(prepare: Change): Decode[] {
  const decode = inside((text) => percentDecode(prepare(text)))
  return [decode, (query) => throughUtf8(decode(query))]
}

/** JavaScript's own decoders throw at what is no UTF-8; such a query often goes on as it is, or is not answered. */
function decodeText(decode: Change): Decode {
  return (query) => {
    try {
      return Buffer.from(decode(Buffer.from(query, 'latin1').toString('utf8')), 'utf8').toString('latin1')
    } catch {
      return undefined
    }
  }
}

/** Who percent-decodes a whole query; undefined when it fails. */
const decoders = Object.entries({
  decodeURIComponent: [decodeText(decodeURIComponent)],
  'percent-decoding of the whole query': decodeBytes((text) => text),
  'form-decoding of the whole query': decodeBytes((text) => text.replaceAll('+', ' ')),
  decodeURI: [decodeText(decodeURI)],
}).flatMap(([cause, ways]) => ways.map((decode) => ({ cause, decode })))

/** A header ends where a line does, and spaces at its end do not count. */
function asHeader(text: string): string {
  return text.replace(/[\r\n][\s\S]*/, '').replace(/ +$/, '')
}

const decodings = decoders.flatMap(({ cause, decode }) =>
  all('query-decoded', { [cause]: (query) => asHeader(decode(query) ?? query) }),
)

const escapes = /%[0-9a-f]{2}/gi

/** What happens to single characters and their escapes, the most particular first. */
const encodingMutations: readonly Mutation[] = [
  ...all('query-decoded', {
    '%2B becomes +': (query) => query.replace(/%2b/gi, '+'),
    '%7E becomes ~': (query) => query.replace(/%7e/gi, '~'),
    'normalisation after RFC 3986 section 6.2.2.2': (query) =>
      query.replace(/%(?:2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi, percentDecode),
  }),
  ...all('query-re-encoded', {
    '+ becomes %20': inside((text) => text.replaceAll('+', '%20')),
    '%20 becomes +': (query) => query.replaceAll('%20', '+'),
    'escapes are written in upper case': (query) => query.replace(escapes, (each) => each.toUpperCase()),
    'escapes are written in lower case': (query) => query.replace(escapes, (each) => each.toLowerCase()),
    '& becomes &amp;': (query) => query.replaceAll('&', '&amp;'),
    'the whole query in lower case': (query) => query.toLowerCase(),
  }),
  ...all(
    'query-re-encoded',
    { '% is encoded again as %25': (query) => query.replaceAll('%', '%25') },
    'Append the query as it is (Apache: the NE flag of RewriteRule).',
  ),
  ...all('header-injection', { 'line breaks are decoded': (query) => query.split(/%0d|%0a/i)[0] ?? '' }),
  ...urlEncoders,
  ...formMutations,
  ...decodings,
]

/** What needs no number or text from the answers: single mutations first, then what is often done after another. */
export const knownChains: readonly Chain[] = [
  ...[...parameterMutations, ...encodingMutations].map((single) => [single]),
  ...formMutations.flatMap((form) => [
    [form, ...addsQuestionMark],
    ...mergers.flatMap((merger) => [
      [merger, form],
      [merger, form, ...addsQuestionMark],
    ]),
  ]),
  ...decoders.flatMap(({ cause, decode }) =>
    urlEncoders.map((encoder) => {
      const apply: Change = (query) => {
        const decoded = decode(query)
        return decoded === undefined ? query : encoder.apply(decoded)
      }
      return all('query-decoded', { [`${cause}, then ${encoder.cause}`]: apply })
    }),
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
  const selections = selectionsOf(pairs)
  return [
    ...[...cuts(changed), ...additions(changed), ...selections].map((each) => [each]),
    // A template has its values from a parser, which has decoded them.
    ...selections.flatMap((selection) => decodings.map((decoding) => [selection, decoding])),
  ]
}

function cuts(changed: readonly Pair[]): Mutation[] {
  const kept = changed.filter(({ sent, received }) => sent.startsWith(received))
  const length = Math.max(0, ...kept.map(({ received }) => received.length))
  const count = Math.max(0, ...changed.map(({ received }) => received.split('&').length))
  const advice = 'Raise the limit, or answer what is longer with 414.'
  const byLength: Causes = {
    [`cut at ${length.toLocaleString('en')} bytes`]: (query) => query.slice(0, length),
  }
  const byCount: Causes = {
    [`no more than ${count.toLocaleString('en')} parameters are kept`]: inside(
      parts((list) => list.slice(0, count)),
    ),
  }
  return [
    ...(length >= shortestCut ? all('parameters-lost', byLength, advice) : []),
    ...(count >= fewestParameters ? all('parameters-lost', byCount) : []),
  ]
}

function selectionsOf(pairs: readonly Pair[]): Mutation[] {
  const kept = new Set(pairs.flatMap(({ received }) => received.replace(/^\?/, '').split('&').map(partName)))
  kept.delete('')
  const names = [...kept]
  if (names.length === 0 || names.length > maxNames || names.join('').length > maxAdded) return []
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
  const cause = `only ${names.toSorted().join(', ')} ${names.length === 1 ? 'is' : 'are'} kept`
  return all('parameters-lost', { [cause]: [insideOrNothing(pick), always, ...fills] })
}

function additions(changed: readonly Pair[]): Mutation[] {
  return changed.slice(0, 4).flatMap(({ sent, received }) => {
    const after = received.startsWith(sent) ? received.slice(sent.length).replace(/^[?&]/, '') : ''
    const kept = sent.slice(1)
    const before = kept !== '' && received.endsWith(`&${kept}`) ? received.slice(1, -kept.length - 1) : ''
    const added = (text: string, where: string, join: Change) => {
      // A query of "?" alone is read as none, or as one.
      const changes = [0, 1].map((shortest): Change => {
        return (query) => (query.length <= shortest ? `?${text}` : join(query))
      })
      const causes = { [`${text} is added at the ${where}`]: changes }
      return all('parameters-changed', causes, 'Append nothing of your own to the query.')
    }
    const atEnd = after.length <= maxAdded && /^[^&]+=/.test(after) && !sent.includes(after)
    const atStart = before.length <= maxAdded && /^[^&]+=[^&]*$/.test(before)
    return [
      ...(atEnd ? added(after, 'end', (query) => `${query}&${after}`) : []),
      ...(atStart ? added(before, 'start', (query) => `?${before}&${query.slice(1)}`) : []),
    ]
  })
}
