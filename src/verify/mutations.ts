import type { FindingId } from './findings.ts'
import { decodeForm, partName, partValue, percentDecode } from './query.ts'

/** Something that programs are known to do to queries. */
export interface Mutation {
  readonly finding: FindingId
  /** Who does it, or how. */
  readonly cause: string
  readonly apply: (query: string) => string
  /** What to do, when it is not what the finding says. */
  readonly advice: string | undefined
}

type Change = (text: string) => string

/** One mutation; `advice` stands in for the finding's. */
export function mutation(finding: FindingId, cause: string, apply: Change, advice?: string): Mutation {
  return { finding, cause, apply, advice }
}

/** Changes what follows the `?`, and leaves a query without one alone. */
export function inside(change: Change): Change {
  return (query) => (query.startsWith('?') ? `?${change(query.slice(1))}` : query)
}

/** Changes what follows the `?`, and drops the `?` when nothing is left. */
export function insideOrNothing(change: Change): Change {
  return (query) => {
    const changed = change(query.replace(/^\?/, ''))
    return changed === '' ? '' : `?${changed}`
  }
}

/** Changes the list of parts between `&`. */
export function parts(change: (parts: readonly string[]) => readonly string[]): Change {
  return (text) => change(text.split('&')).join('&')
}

/** Keeps the parts that a rule accepts. */
export function keep(rule: (part: string) => boolean): Change {
  return parts((all) => all.filter(rule))
}

function joinDuplicates(separator: string): Change {
  return parts((all) => {
    const joined = new Map<string, string>()
    for (const part of all) {
      const earlier = joined.get(partName(part))
      joined.set(partName(part), earlier === undefined ? part : `${earlier}${separator}${partValue(part)}`)
    }
    return [...joined.values()]
  })
}

/** A map from name to value; a later value replaces an earlier one in its place, or moves to the end. */
function uniqueNames(kept: 'first' | 'last' | 'last, moved'): Change {
  return parts((all) => {
    const values = new Map<string, string>()
    for (const part of all) {
      const name = partName(part)
      if (kept === 'first' && values.has(name)) continue
      if (kept === 'last, moved') values.delete(name)
      values.set(name, part)
    }
    return [...values.values()]
  })
}

const groupByName = parts((all) => {
  const groups = new Map<string, string[]>()
  for (const part of all) groups.set(partName(part), [...(groups.get(partName(part)) ?? []), part])
  return [...groups.values()].flat()
})
/** By bytes, as most languages sort. */
const compare = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0)
const sortByName = parts((all) => all.toSorted((left, right) => compare(partName(left), partName(right))))

const appendOnce = 'Append the query once (nginx: end the replacement of rewrite with "?").'
const questionMarkAdded = mutation(
  'question-mark-changed',
  'a "?" is added to a callback without a query',
  (query) => query || '?',
  'Append "?" only when the request has one (nginx: $is_args$args).',
)

/** What happens to whole parameters and to the `?`, the most usual first. */
const parameterMutations: readonly Mutation[] = [
  mutation('query-lost', 'the query is not appended', () => ''),
  questionMarkAdded,
  mutation('question-mark-changed', 'a "?" without a query is dropped', (query) =>
    query === '?' ? '' : query,
  ),
  mutation('question-mark-changed', 'a second leading "?" is dropped', (query) => query.replace(/^\?+/, '?')),
  mutation('parameters-lost', 'a split at every "?"', (query) => /^\??[^?]*/.exec(query)?.[0] ?? query),
  mutation('question-mark-changed', 'the query is appended without its "?"', (query) =>
    query.replace(/^\?/, ''),
  ),
  mutation('parameters-changed', 'repeated names are joined with a comma', inside(joinDuplicates(','))),
  mutation('parameters-changed', 'repeated names are joined with ", "', inside(joinDuplicates(', '))),
  mutation('parameters-lost', 'of repeated names only the last is kept', inside(uniqueNames('last'))),
  mutation('parameters-lost', 'of repeated names only the first is kept', inside(uniqueNames('first'))),
  mutation('parameters-lost', 'of repeated names only the last is kept', inside(uniqueNames('last, moved'))),
  mutation('parameters-changed', 'parameters are grouped by name', inside(groupByName)),
  mutation('parameters-changed', 'parameters are sorted by name', inside(sortByName)),
  mutation('parameters-changed', 'parameters are sorted', inside(parts((all) => all.toSorted(compare)))),
  mutation('parameters-changed', 'parameters are reversed', inside(parts((all) => all.toReversed()))),
  mutation('parameters-lost', 'empty parts are dropped', insideOrNothing(keep((part) => part !== ''))),
  mutation(
    'parameters-lost',
    'parameters without a value are dropped',
    insideOrNothing(keep((part) => partValue(part) !== '')),
  ),
  mutation(
    'parameters-lost',
    'parameters without a name or a value are dropped',
    insideOrNothing(keep((part) => partValue(part) !== '' && partName(part) !== '')),
  ),
  mutation(
    'parameters-lost',
    'parameters without a name are dropped',
    inside(keep((part) => partName(part) !== '')),
  ),
  mutation('parameters-lost', 'an & at the end is dropped', (query) => query.replace(/&$/, '')),
  mutation(
    'parameters-changed',
    '"=" is added to names without one',
    inside(parts((all) => all.map((part) => (part === '' || part.includes('=') ? part : `${part}=`)))),
  ),
  mutation(
    'parameters-changed',
    'the query is appended twice, with &',
    (query) => (query.length > 1 ? `${query}&${query.slice(1)}` : query),
    appendOnce,
  ),
  mutation('parameters-changed', 'the query is appended twice', (query) => query + query, appendOnce),
  mutation(
    'parameters-lost',
    'a parser that protects Object.prototype, such as qs',
    inside(keep((part) => !['__proto__', 'constructor'].includes(partName(part)))),
  ),
  mutation('parameters-lost', 'an object literal', inside(keep((part) => partName(part) !== '__proto__'))),
  mutation('parameters-changed', 'a parser that takes ; for &', (query) => query.replaceAll(';', '&')),
  mutation('parameters-lost', 'parts with ; are dropped', inside(keep((part) => !part.includes(';')))),
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

const formMutations = formWriters.map(([cause, plain, space, utf8]) => {
  const write = (text: string) =>
    (utf8 ? throughUtf8(text) : text).replace(/[\s\S]/g, (character) => {
      if (character === ' ') return space
      return plain.test(character) ? character : encode(character)
    })
  const writeForm = (text: string) => decodeForm(text).map((pair) => pair.map(write).join('='))
  return mutation(
    'query-re-encoded',
    `parsed and written again as a form: ${cause}`,
    insideOrNothing((text) => writeForm(text).join('&')),
  )
})

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
function decodeBytes({ plus, utf8 }: { plus: boolean; utf8: boolean }): Change {
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
  ['percent-decoding of the whole query', decodeBytes({ plus: false, utf8: false })],
  ['percent-decoding of the whole query', decodeBytes({ plus: false, utf8: true })],
  ['form-decoding of the whole query', decodeBytes({ plus: true, utf8: false })],
  ['form-decoding of the whole query', decodeBytes({ plus: true, utf8: true })],
  ['decodeURI', decodeText(decodeURI)],
]

/** A header ends where a line does, and spaces at its end do not count. */
function asHeader(text: string): string {
  return text.replace(/[\r\n][\s\S]*/, '').replace(/ +$/, '')
}

/** What happens to single characters and their escapes, the most particular first. */
const encodingMutations: readonly Mutation[] = [
  mutation('query-decoded', '%2B becomes +', (query) => query.replace(/%2b/gi, '+')),
  mutation(
    'query-re-encoded',
    '+ becomes %20',
    inside((text) => text.replaceAll('+', '%20')),
  ),
  mutation('query-re-encoded', '%20 becomes +', (query) => query.replaceAll('%20', '+')),
  mutation('query-decoded', '%7E becomes ~', (query) => query.replace(/%7e/gi, '~')),
  mutation('query-decoded', 'normalisation after RFC 3986 section 6.2.2.2', (query) =>
    query.replace(/%(?:2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi, percentDecode),
  ),
  mutation('query-re-encoded', 'escapes are written in upper case', (query) =>
    query.replace(/%[0-9a-f]{2}/gi, (encoded) => encoded.toUpperCase()),
  ),
  mutation('query-re-encoded', 'escapes are written in lower case', (query) =>
    query.replace(/%[0-9a-f]{2}/gi, (encoded) => encoded.toLowerCase()),
  ),
  mutation('query-re-encoded', '; becomes %3B', (query) => query.replaceAll(';', '%3B')),
  mutation('header-injection', 'line breaks are decoded', (query) => query.split(/%0d|%0a/i)[0] ?? ''),
  mutation(
    'query-re-encoded',
    '% is encoded again as %25',
    (query) => query.replaceAll('%', '%25'),
    'Append the query as it is (Apache: the NE flag of RewriteRule).',
  ),
  mutation('query-re-encoded', '& becomes &amp;', (query) => query.replaceAll('&', '&amp;')),
  mutation('query-re-encoded', 'the whole query in lower case', (query) => query.toLowerCase()),
  ...urlEncoders.map(([cause, apply]) => mutation('query-re-encoded', cause, apply)),
  ...formMutations,
  ...decoders.map(([cause, apply]) =>
    mutation('query-decoded', cause, (query) => asHeader(apply(query) ?? query)),
  ),
]

/** Every mutation that needs no number or text from the answers. */
export const mutations: readonly Mutation[] = [...parameterMutations, ...encodingMutations]

/** What is often done one after the other, when neither of the two explains anything by itself. */
export const composites: readonly (readonly Mutation[])[] = [
  ...formMutations.map((form) => [form, questionMarkAdded]),
  ...decoders.flatMap(([decoder, decodeAll]) =>
    urlEncoders.map(([encoder, encodeAll]) => [
      mutation('query-decoded', `${decoder}, then ${encoder}`, (query) => {
        const decoded = decodeAll(query)
        return decoded === undefined ? query : encodeAll(decoded)
      }),
    ]),
  ),
]
