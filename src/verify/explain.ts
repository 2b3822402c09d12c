import { decodeForm, partName, partValue, percentDecode, sameMeaning } from '../query.ts'
import type { FindingId } from './findings.ts'

/** One query as it was sent and as it came back; `id` is its case's. */
interface Pair {
  readonly id: string
  readonly sent: string
  readonly received: string
}

type Change = (query: string) => string

/** Something that programs are known to do to queries. */
interface Mutation {
  readonly finding: FindingId
  /** Who does it, or how. */
  readonly cause: string
  readonly apply: Change
}

/** Mutations, one after the other. */
type Chain = readonly Mutation[]

/** What is done, by who does it or how. */
function all(finding: FindingId, changes: Readonly<Record<string, Change>>): Mutation[] {
  return Object.entries(changes).map(([cause, apply]) => ({ finding, cause, apply }))
}

/** Changes what follows the `?`; where nothing is left, `empty` is, but only in a query that there was. */
function inside(change: Change, empty: '?' | '' = '?'): Change {
  return (query) => {
    const changed = change(query.slice(1))
    return changed === '' ? query && empty : `?${changed}`
  }
}

/** Changes the list of parts between `&`. */
function parts(change: (parts: string[]) => readonly string[]): Change {
  return (text) => change(text.split('&')).join('&')
}

/** Makes one part of those with the same name, where the first of them stands. */
function merge(both: (earlier: string, later: string) => string): Change {
  return inside(
    parts((list) => {
      const merged = new Map<string, string>()
      for (const part of list) {
        const earlier = merged.get(partName(part))
        merged.set(partName(part), earlier === undefined ? part : both(earlier, part))
      }
      return [...merged.values()]
    }),
  )
}

/** Percent-encodes the characters of a pattern. */
function encode(text: string, pattern: RegExp): string {
  return text.replace(pattern, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
}

/** A query, whose characters are bytes, as the text that most languages hold; what is no UTF-8 becomes U+FFFD. */
function asText(change: Change): Change {
  const utf8 = (text: string) => Buffer.from(text, 'latin1').toString('utf8')
  return (query) => Buffer.from(change(utf8(query)), 'utf8').toString('latin1')
}

/** Parses a form and writes it again. */
function form(encoded: RegExp, space: string): Change {
  const write = (text: string) => encode(asText(String)(text), encoded).replaceAll('%20', space)
  return inside(
    (text) =>
      decodeForm(text)
        .map((pair) => pair.map(write).join('='))
        .join('&'),
    '',
  )
}

/** What cannot be decoded often goes on as it is, or is not answered. */
function whereDecodable(change: Change): Change {
  return (query) => {
    try {
      return change(query)
    } catch {
      return query
    }
  }
}

/** A header ends where a line does, and spaces at its end do not count. */
const asHeader: Change = (query) => query.replace(/[\r\n][\s\S]*/, '').replace(/ +$/, '')

const addsQuestionMark = all('question-mark-changed', {
  'a "?" is added to a callback without a query': (query) => query || '?',
})

/** What becomes of repeated names in a map from name to value. */
const mergers = [
  ...all('parameters-lost', {
    'of repeated names only the last is kept': merge((_, later) => later),
    'of repeated names only the first is kept': merge((earlier) => earlier),
  }),
  ...all('parameters-changed', {
    'repeated names are joined with a comma': merge((one, other) => `${one},${partValue(other)}`),
  }),
]

const again = 'parsed and written again as a form: '
const forms = all('query-re-encoded', {
  [`${again}URLSearchParams or a similar encoder`]: form(/[^A-Za-z0-9*._-]/g, '+'),
  [`${again}encodeURIComponent, or querystring in Node`]: form(/[^A-Za-z0-9!'()*._~-]/g, '%20'),
  [`${again}urlencode in Python, or url.Values in Go`]: form(/[^A-Za-z0-9._~-]/g, '+'),
})

const urlEncoders = all('query-re-encoded', {
  'new URL(…).search': asText((query) => new URL(`https://host.invalid/${query}`).search),
  'res.redirect() of express': (query) => encode(query, /[^!-~]|["<>`{}]|%(?![0-9a-f]{2})/gi),
  'encodeURI in JavaScript': (query) => encode(query, /[^!-~]|["<>`{}\\^|[\]%]/g),
})

const decoders = Object.entries({
  decodeURIComponent: asText(decodeURIComponent),
  'percent-decoding of the whole query': percentDecode,
})
const decodings = decoders.flatMap(([cause, decode]) =>
  all('query-decoded', { [cause]: whereDecodable((query) => asHeader(decode(query))) }),
)

/** Mutations that need nothing from the answers, the most particular first. */
const mutations: readonly Mutation[] = [
  ...all('query-lost', { 'the query is not appended': () => '' }),
  ...addsQuestionMark,
  ...all('question-mark-changed', {
    'a "?" without a query is dropped': (query) => (query === '?' ? '' : query),
    'a second leading "?" is dropped': (query) => query.replace(/^\?+/, '?'),
    'the query is appended without its "?"': (query) => query.replace(/^\?/, ''),
  }),
  ...mergers,
  ...all('parameters-lost', {
    'parameters without a value are dropped': inside(
      parts((list) => list.filter((part) => /=./.test(part))),
      '',
    ),
  }),
  ...all('parameters-changed', {
    'parameters are sorted': inside(parts((list) => list.sort())),
    'a parser that takes ; for &': (query) => query.replaceAll(';', '&'),
    'the query is appended twice, with &': (query) =>
      query.length > 1 ? `${query}&${query.slice(1)}` : query,
  }),
  ...all('query-decoded', {
    '%2B becomes +': (query) => query.replace(/%2b/gi, '+'),
    '%7E becomes ~': (query) => query.replace(/%7e/gi, '~'),
    'normalisation after RFC 3986 section 6.2.2.2': (query) =>
      query.replace(/%(?:2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi, percentDecode),
  }),
  ...all('query-re-encoded', {
    '+ becomes %20': (query) => query.replaceAll('+', '%20'),
    '%20 becomes +': (query) => query.replaceAll('%20', '+'),
    'escapes are written in upper case': (query) =>
      query.replace(/%[0-9a-f]{2}/gi, (each) => each.toUpperCase()),
    '& becomes &amp;': (query) => query.replaceAll('&', '&amp;'),
    'the whole query in lower case': (query) => query.toLowerCase(),
    '% is encoded again as %25': (query) => query.replaceAll('%', '%25'),
  }),
  ...all('header-injection', { 'line breaks are decoded': (query) => query.split(/%0d|%0a/i)[0] ?? '' }),
  ...urlEncoders,
  ...forms,
  ...decodings,
]

/** Single mutations first, then what is often done after another. */
const knownChains: readonly Chain[] = [
  ...mutations.map((single) => [single]),
  ...[[], ...mergers.map((merger) => [merger])].flatMap((before) =>
    forms.flatMap((one) => [
      [...before, one],
      [...before, one, ...addsQuestionMark],
    ]),
  ),
  ...decoders.flatMap(([cause, decode]) =>
    urlEncoders.map((encoder) =>
      all('query-decoded', {
        [`${cause}, then ${encoder.cause}`]: whereDecodable((query) => encoder.apply(decode(query))),
      }),
    ),
  ),
]

/** A cut shorter than this cuts everything, and is something else. */
const shortestCut = 40
/** More names than this, or more bytes, were not chosen or added by an endpoint. */
const maxNames = 12
const maxAdded = 300

/** Mutations with a number or a text in them that the answers tell. */
function derivedChains(pairs: readonly Pair[]): Chain[] {
  const changed = pairs.filter(({ sent, received }) => sent !== received)
  const kept = changed.filter(({ sent, received }) => sent.startsWith(received))
  const length = Math.max(0, ...kept.map(({ received }) => received.length))
  const cut = { [`cut at ${length.toLocaleString('en')} bytes`]: (query: string) => query.slice(0, length) }
  const selections = selectionsOf(pairs)
  return [
    ...(length < shortestCut ? [] : [all('parameters-lost', cut)]),
    ...changed.slice(0, 4).map(additionOf),
    ...selections.map((selection) => [selection]),
    // A template has its values from a parser, which has decoded them.
    ...selections.flatMap((selection) => decodings.map((decoding) => [selection, decoding])),
  ]
}

function additionOf({ sent, received }: Pair): Mutation[] {
  const added = received.startsWith(sent) ? received.slice(sent.length).replace(/^[?&]/, '') : ''
  if (!/^[^&]+=/.test(added) || added.length > maxAdded || sent.includes(added)) return []
  const append: Change = (query) => (query === '' ? `?${added}` : `${query}&${added}`)
  return all('parameters-changed', { [`${added} is added at the end`]: append })
}

/** Only some names are passed on: by a filter, or by a template like `?code=${code}&state=${state}`. */
function selectionsOf(pairs: readonly Pair[]): Mutation[] {
  const received = pairs.flatMap((pair) => pair.received.slice(1).split('&').map(partName))
  const names = [...new Set(received)].filter((name) => name !== '')
  if (names.length === 0 || names.length > maxNames || names.join('').length > maxAdded) return []
  const pick = parts((list) => list.filter((part) => names.includes(partName(part))))
  const fill = (absent: string) =>
    parts((list) => names.map((name) => list.find((part) => partName(part) === name) ?? `${name}=${absent}`))
  const ways: readonly Change[] = [
    inside(pick, ''),
    (query) => `?${pick(query.slice(1))}`,
    ...['', 'undefined', 'null', 'None'].map((absent): Change => {
      return (query) => `?${fill(absent)(query.slice(1))}`
    }),
  ]
  const cause = `only ${names.toSorted().join(', ')} ${names.length === 1 ? 'is' : 'are'} kept`
  return ways.flatMap((apply) => all('parameters-lost', { [cause]: apply }))
}

/**
 * Takes the mutation that turns most of the sent queries into the received ones and leaves the unchanged ones as they
 * are, then the one that explains most of the rest, and so on. What no mutation explains is told by its kind alone.
 */
export function explain(pairs: readonly Pair[]) {
  /** Case id → findings; every changed case has at least one. */
  const findings = new Map<string, readonly FindingId[]>()
  /** Who is known to make each finding, what explains most first. */
  const causes = new Map<FindingId, readonly string[]>()
  const unchanged = pairs.filter(({ sent, received }) => sent === received && !hasRawByte(sent))
  let left = pairs.filter(({ sent, received }) => sent !== received)
  const candidates = [...knownChains, ...derivedChains(pairs)]
    .map((chain) => ({ chain, explains: left.filter((pair) => run(chain, pair.sent) === pair.received) }))
    .filter(({ chain, explains }) => {
      return explains.length > 0 && unchanged.every(({ sent }) => run(chain, sent) === sent)
    })

  while (left.length > 0) {
    let best: Chain | undefined
    let explained: readonly Pair[] = []
    for (const { chain, explains } of candidates) {
      const more = explains.filter((pair) => left.includes(pair))
      if (more.length > explained.length) [best, explained] = [chain, more]
    }
    if (!best) break
    for (const { id, sent } of explained) {
      const steps = contributing(best, sent)
      findings.set(
        id,
        steps.map(({ finding }) => finding),
      )
      for (const { finding, cause } of steps) {
        causes.set(finding, [...new Set([...(causes.get(finding) ?? []), cause])])
      }
    }
    left = left.filter((pair) => !explained.includes(pair))
  }
  for (const pair of left) findings.set(pair.id, [kindOf(pair)])
  return { findings, causes }
}

/** What was done to a query, by what is left of it. */
function kindOf({ sent, received }: Pair): FindingId {
  // What programs make of a raw byte depends on how they hold text.
  if (hasRawByte(sent)) return 'query-re-encoded'
  const partsOf = (query: string) => query.slice(1).split('&').filter(Boolean)
  const [were, are] = [partsOf(sent), partsOf(received)]
  const lost = were.some((part) => !are.includes(part))
  if (sent.startsWith(received) || (lost && are.every((part) => were.includes(part))))
    return 'parameters-lost'
  if (!lost) return 'parameters-changed'
  if (!sameMeaning(sent, received)) return 'query-changed'
  return received.length < sent.length ? 'query-decoded' : 'query-re-encoded'
}

function hasRawByte(query: string): boolean {
  return /[^!-~]/.test(query)
}

/** What a chain makes of a query. */
function run(chain: Chain, query: string): string {
  return chain.reduce((text, mutation) => mutation.apply(text), query)
}

/** The steps without which the outcome would be another one. */
function contributing(chain: Chain, sent: string): Chain {
  const outcome = run(chain, sent)
  const steps = chain.filter((_, index) => run(chain.toSpliced(index, 1), sent) !== outcome)
  return steps.length > 0 ? steps : chain
}
