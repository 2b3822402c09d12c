import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  visit,
} from 'yaml'

/** Line and column, from 1. */
export type Position = readonly [line: number, column: number]

/** A parsed YAML text that can say where each of its values stands. */
export interface YamlText {
  readonly value: unknown
  /** Line and column, from 1, of the key or value at a path, or of its nearest ancestor. */
  position(path: readonly PropertyKey[]): Position
  /** Syntax faults. */
  readonly faults: readonly { readonly position: Position; readonly message: string }[]
}

/** No byoo.yaml has a tenth of it, and a few hundred exhaust the stack of the parser. */
const mostLevels = 100

/** Reads YAML 1.2 and keeps positions for messages. */
export function readYaml(text: string): YamlText {
  const refused = (...faults: YamlText['faults']): YamlText => ({
    value: undefined,
    position: () => [1, 1],
    faults,
  })
  const tooMuch = excess(text)
  if (tooMuch) return refused({ position: [1, 1], message: tooMuch })
  const lines = new LineCounter()
  // Unique keys are checked below: the parser compares each with each.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    uniqueKeys: false,
  })
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return [line, col]
  }
  const syntax = document.errors.slice(0, mostFaults).map(({ pos: [offset], code, message }) => ({
    position: at(offset),
    message: syntaxFault(code, message, text.slice(offset, offset + mostCompared)),
  }))
  if (syntax.length > 0) return refused(...syntax)
  const { pairs, fault } = inspect(document)
  if (fault) return refused({ position: at(fault.offset), message: fault.message })
  return {
    value: document.toJS(),
    position: (path) => at(offsetOf(document.contents, path, pairs)),
    faults: [],
  }
}

/** Thousands of routes have a half of it, and a few times as many take the parser seconds. */
const mostEntries = 20_000

/** In characters. */
const mostText = 1_000_000

/** What is too much to be parsed; counted before it is. */
function excess(text: string): string | undefined {
  if (text.length > mostText) return 'is longer than 1 MB: it is the wrong file'
  if (isNestedTooDeeply(text)) return 'is nested too deeply'
  let entries = 0
  for (const _ of text.matchAll(/[\n\r,]/g)) entries++
  return entries > mostEntries
    ? `has more than ${mostEntries} lines or entries: it is the wrong file`
    : undefined
}

/** Of a document, so that each is still looked at; the rest is only counted. */
export const mostFaults = 100

/**
 * The pairs of every mapping by their keys, and the first thing that is refused before anything is expanded: aliases and merge keys, which can grow without end, and
 * collections as keys, which are written out again at every level.
 */
function inspect(document: Document.Parsed) {
  const pairs = new Map<unknown, Map<string, Pair>>()
  let fault: { readonly offset: number; readonly message: string } | undefined
  const refuse = (node: unknown, message: string) => {
    fault = { offset: startOf(node), message }
    return visit.BREAK
  }
  visit(document, {
    Alias: (_, node) => refuse(node, 'aliases (*…) are not read: write the value out'),
    Map(_, node) {
      const known = new Map<string, Pair>()
      pairs.set(node, known)
      for (const pair of node.items) {
        const { key } = pair
        // An alias is refused when it is visited itself.
        if (isAlias(key)) continue
        if (!isScalar(key)) return refuse(key, 'must be text: a list or mapping cannot be a key')
        const name = String(key.value)
        if (name === '<<') return refuse(key, 'merge keys (<<) are not read: write the keys out')
        if (known.has(name)) return refuse(key, 'Map keys must be unique')
        known.set(name, pair)
      }
      return undefined
    },
  })
  return { pairs, fault }
}

/** Counted without knowing what is quoted, so before it is parsed: brackets, and what lines begin with. */
function isNestedTooDeeply(text: string): boolean {
  let levels = 0
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    levels = bracket === '[' || bracket === '{' ? levels + 1 : Math.max(0, levels - 1)
    if (levels > mostLevels) return true
  }
  return /^(?: *[-?:] ){100}|^ {400}/m.test(text)
}

/** Of what follows a syntax fault, to tell what was meant. */
const mostCompared = 2000

function syntaxFault(code: string, message: string, rest: string): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here: one is all there may be'
  const isText = /^(?:Nested mappings|Block collections)/.test(message) && /^[^\s'"[\]{},-].*: /.test(rest)
  return isText ? 'has ": " inside a text: put the text between quotes' : unquoted(message)
}

/** A syntax fault without the text that it quotes, which may be a secret. */
function unquoted(message: string): string {
  return message.replace(/(?<!^The ): .*$/s, '')
}

function offsetOf(
  root: unknown,
  path: readonly PropertyKey[],
  pairs: ReturnType<typeof inspect>['pairs'],
): number {
  let node = root
  let offset = startOf(root)
  for (const key of path) {
    if (isMap(node)) {
      const pair = pairs.get(node)?.get(String(key))
      if (!pair) break
      offset = startOf(pair.key)
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(key)]
      offset = startOf(node)
    } else break
  }
  return offset
}

function startOf(node: unknown): number {
  return (isNode(node) && node.range?.[0]) || 0
}
