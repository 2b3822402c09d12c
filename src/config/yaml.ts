import { isMap, isNode, LineCounter, parseDocument } from 'yaml'

/** A parsed YAML text that can say where each of its values stands. */
export interface YamlText {
  readonly value: unknown
  /** `line:column`, from 1, of the key or value at a path, or of its nearest ancestor. */
  position(path: readonly PropertyKey[]): string
  /** Syntax faults, each with its `line:column`. */
  readonly faults: readonly { readonly position: string; readonly message: string }[]
}

/** Reads YAML 1.2 and keeps positions for messages. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${line}:${col}`
  }
  return {
    value: document.errors.length === 0 ? document.toJS() : undefined,
    position: (path) => at(offsetOf(document.contents, path)),
    faults: document.errors.map(({ pos, message }) => ({ position: at(pos[0]), message })),
  }
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
