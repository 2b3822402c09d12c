import { printable } from '../output/printable.ts'
import { parseJson } from './parse-json.ts'

/** Most items of a validation error that are worth showing. */
const mostItems = 10

/** What the body of a failed answer says, as one line of printable text; undefined when it says nothing. */
export function errorDetail(body: string): string | undefined {
  const text = body.trim()
  if (text === '') return undefined
  const parsed = parseJson(text)
  if ('fault' in parsed) return /^\s*</.test(text) ? htmlTitle(text) : shown(text)
  const { value } = parsed
  const detail = field(value, 'detail') ?? field(value, 'message') ?? field(value, 'error') ?? value
  const said = describe(detail)
  return said === '' ? undefined : shown(said)
}

function describe(detail: unknown): string {
  if (typeof detail === 'string') return detail
  if (Array.isArray(detail)) {
    const more = detail.length > mostItems ? [`and ${detail.length - mostItems} more`] : []
    return [...detail.slice(0, mostItems).map(describeItem), ...more].filter(Boolean).join('; ')
  }
  return describeItem(detail)
}

/** One entry of a 422 (`{loc, msg, type}`), or an object `{error_type, error_message}`, or whatever else it is. */
function describeItem(item: unknown): string {
  if (typeof item === 'string') return item
  const message = field(item, 'msg') ?? field(item, 'error_message') ?? field(item, 'message')
  if (typeof message !== 'string') return item === null || item === undefined ? '' : JSON.stringify(item)
  const place = field(item, 'loc')
  const type = field(item, 'error_type')
  if (Array.isArray(place)) return `${place.filter((part) => part !== 'body').join('.')}: ${message}`
  return typeof type === 'string' ? `${type}: ${message}` : message
}

function htmlTitle(text: string): string {
  const [, title = ''] = /<title[^<>]*>([^<]*)<\/title>/i.exec(text) ?? []
  return title.trim() === '' ? 'a web page, not an API answer' : `a web page titled "${shown(title)}"`
}

function shown(text: string): string {
  return printable(text.trim().replace(/\s+/g, ' '))
}

function field(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[name] : undefined
}
