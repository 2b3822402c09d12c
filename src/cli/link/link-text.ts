import type { LinkCheck } from '../../junction/link-checks.ts'
import { pairs } from '../../output/layout.ts'
import { printable } from '../../output/printable.ts'
import type { Style } from '../../output/style.ts'
import { showDifference } from '../../verify/difference.ts'
import type { ConnectionErrorData } from './connection-data.ts'

interface ShownLink {
  readonly provider: string
  readonly environment: string
  readonly user_id: string
  readonly created: boolean
  readonly checks: readonly LinkCheck[]
}

/** What a link is for, and how it compares; the link itself is not in it. */
export function linkText(
  { provider, environment, user_id, created, checks }: ShownLink,
  style: Style,
): string {
  const facts = pairs(
    [
      ['provider', provider],
      ['environment', environment],
      ['user', `${user_id}${created ? ' (created for this link)' : ''}`],
      ...checks.map((check) => [names[check.id], summary(check, style)] as const),
    ],
    style,
  )
  const failed = checks.filter(({ status }) => status === 'failed')
  return `${facts}${failed.map((check) => `\n${failureText(check, style)}`).join('')}`
}

/** Why a connection does not work. */
export function errorText(
  { type, message, meaning, advice }: ConnectionErrorData,
  { provider, environment }: Pick<ShownLink, 'provider' | 'environment'>,
  style: Style,
): string {
  const operand = `${printable(provider, 64)} --environment ${environment}`
  const unknown = 'a type that this version of byoo does not know: update byoo'
  return pairs(
    [
      ['error', printable(type, 64)],
      ['means', meaning ?? unknown],
      ...(message === null ? [] : [['Junction says', printable(message)] as const]),
      ...(advice === null ? [] : [['what to do', advice.replaceAll('<provider>', operand)] as const]),
    ],
    style,
  )
}

const names = {
  redirect_uri: 'redirect URI',
  client_id: 'client id',
  audience: 'link token',
  team: 'team',
  override: 'override',
} as const

function summary({ id, status, found, message, compared_with }: LinkCheck, style: Style): string {
  const value = found === null ? '' : printable(id === 'audience' ? `for ${found}` : found, 300)
  if (status === 'failed') return style.red(`FAILED${value === '' ? '' : `: ${value}`}`)
  if (status === 'passed') return style.green(isText(id) ? `${value} (${compared_with})` : value)
  return value === '' || !isText(id) ? message : `${value} (${message})`
}

/** Is it compared byte for byte with a text that people know? */
function isText(id: LinkCheck['id']): boolean {
  return id === 'redirect_uri' || id === 'client_id' || id === 'override'
}

function failureText({ id, message, expected, found, advice }: LinkCheck, style: Style): string {
  const shown =
    isText(id) && expected !== null && found !== null && expected !== found
      ? differenceText(id, expected, found, style)
      : ''
  const next = advice === null ? '' : `  what to do  ${advice}\n`
  return `${message}\n${shown}${next}`
}

/** Both values, with a caret under the first byte that differs. */
function differenceText(id: LinkCheck['id'], expected: string, found: string, style: Style): string {
  const margin = id === 'override' ? '  at Junction  ' : '  in the link  '
  const difference = showDifference(expected, found, Math.max(40, (style.columns ?? 120) - margin.length))
  return [
    `  should be    ${difference.expected}`,
    `${margin}${difference.received}`,
    `${' '.repeat(margin.length + difference.column)}${style.red('^')} byte ${difference.offset}`,
    '',
  ].join('\n')
}
