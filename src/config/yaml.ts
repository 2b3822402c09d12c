import { type Document, isMap, isNode, LineCounter, parseDocument, visit } from 'yaml'

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
  if (isNestedTooDeeply(text)) {
    const faults = [{ position: [1, 1] as const, message: 'is nested too deeply' }]
    return { value: undefined, position: () => [1, 1], faults }
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return [line, col]
  }
  const faults = document.errors.map(({ pos, code, message }) => ({
    position: at(pos[0]),
    message:
      code === 'MULTIPLE_DOCS' ? 'a second document begins here: one is all there may be' : unquoted(message),
  }))
  const circle = faults.length === 0 ? circleOffset(document) : undefined
  if (circle !== undefined) faults.push({ position: at(circle), message: 'this alias contains itself' })
  let value: unknown
  try {
    if (faults.length === 0) value = document.toJS()
  } catch (error) {
    const message = error instanceof Error ? unquoted(error.message) : 'cannot be read'
    faults.push({ position: at(aliasOffset(document)), message })
  }
  return { value, position: (path) => at(offsetOf(document.contents, path)), faults }
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

/** A syntax fault without the text that it quotes, which may be a secret. */
function unquoted(message: string): string {
  return message.replace(/(?<!^The ): .*$/s, '')
}

/** Where an alias stands within the very thing that it repeats; undefined when none does. */
function circleOffset(document: Document.Parsed): number | undefined {
  let offset: number | undefined
  visit(document, {
    Alias(_, node, path) {
      const repeated = node.resolve(document)
      if (!repeated || !path.includes(repeated)) return undefined
      offset = startOf(node)
      return visit.BREAK
    },
  })
  return offset
}

/** Aliases are resolved last of all, so a fault in one of them comes without a place. */
function aliasOffset(document: Document.Parsed): number {
  let offset = 0
  visit(document, {
    Alias(_, node) {
      if (node.resolve(document)) return undefined
      offset = startOf(node)
      return visit.BREAK
    },
  })
  return offset
}

function offsetOf(root: unknown, path: readonly PropertyKey[]): number {
  let node = root
  let offset = startOf(root)
  for (const key of path) {
    if (!isMap(node) && !(isNode(node) && 'items' in node)) break
    const pair = isMap(node) ? node.items.find((item) => String(item.key) === String(key)) : undefined
    if (isMap(node) && !pair) break
    if (pair) {
      offset = startOf(pair.key)
      node = pair.value
    } else {
      node = (node as { items: unknown[] }).items[Number(key)]
      offset = startOf(node)
    }
  }
  return offset
}

function startOf(node: unknown): number {
  return (isNode(node) && node.range?.[0]) || 0
}
