import { junctionUri, unservedNote } from '../config/callback.ts'
import { warningsOf } from '../junction/management.ts'
import { cell, counted } from '../output/layout.ts'
import type { Style } from '../output/style.ts'
import { type FieldChange, isWrite, type RecordDiff } from './diff.ts'

/** A diff as `--json` shows it. */
export function diffData({ kind, provider, environment, team, fields, before }: RecordDiff): object {
  return {
    kind,
    provider,
    environment,
    team_id: team,
    fields,
    client_secret: { comparable: false, record_updated_at: before?.updated_at },
  }
}

/** What `byoo apply` does beside making Junction equal: it deletes, or sends client secrets again. */
interface DiffChoice {
  readonly delete: boolean
  readonly rotate: boolean
}

/** The diffs for people: what would be written or deleted first, then what only Junction has, then the rest. */
export function diffText(
  diffs: readonly RecordDiff[],
  others: number,
  style: Style,
  { delete: deletes, rotate }: DiffChoice = { delete: false, rotate: false },
): string {
  const of = (kind: RecordDiff['kind']) => diffs.filter((diff) => diff.kind === kind)
  const written = diffs.filter((diff) => isWrite(diff) || (rotate && diff.kind === 'same'))
  const extra = deletes ? style.red('- delete') : '  not in the file:'
  const lines = [
    ...written.flatMap((diff) => recordLines(diff, rotate, style)),
    ...of('not in the file').map(
      ({ provider, environment }) => `${extra} ${cell(provider)} in ${environment}`,
    ),
    ...(rotate ? [] : byProvider(of('same')).map((text) => `  same: ${text}`)),
    ...of('same').flatMap(notComparedLines),
    ...(others > 0 ? [`  not looked at: ${counted(others, 'record')} of other providers or teams`] : []),
    ...unservedNotes(diffs),
    ...movingLines(written),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function recordLines(diff: RecordDiff, rotated: boolean, style: Style): string[] {
  const { kind, provider, environment, fields, before, desired } = diff
  const signs = { create: style.green('+ create'), change: style.yellow('~ change'), same: '~ rotate' }
  const cleared = before?.redirect_url_override && desired?.redirectUrl === undefined
  const changes = kind === 'same' ? [] : fields.map((field) => `    ${fieldText(field)}`)
  const warnings = before ? warningsOf(before, desired?.clientId) : []
  return [
    `${signs[kind as keyof typeof signs]} ${style.bold(provider)} in ${environment}`,
    ...changes,
    `    ${secretText(diff, rotated)}`,
    ...(cleared ? ['    note: that Junction clears an override is unproven'] : []),
    ...ownCallbackLines(diff),
    ...warnings.map((warning) => `    note: ${warning}`),
  ]
}

/** The secrets of details that nobody could compare here. */
function notComparedLines({ provider, environment, fields }: RecordDiff): string[] {
  const names = fields.filter((field) => 'secret' in field && field.secret === 'not compared')
  if (names.length === 0) return []
  return [`  not compared: ${names.map(({ field }) => field).join(', ')} of ${provider} in ${environment}`]
}

/** What has to be registered where Junction's own callback comes into use. */
function ownCallbackLines({ desired, before, environment }: RecordDiff): string[] {
  if (!desired || desired.redirectUrl !== undefined) return []
  if (before && !before.redirect_url_override) return []
  const { slug, name, redirectMatch } = desired.provider
  const url = junctionUri(environment, slug)
  return [`    note: ${redirectMatch === 'host' ? new URL(url).host : url} has to be registered at ${name}`]
}

/** `strava in production/us, sandbox/us` */
function byProvider(diffs: readonly RecordDiff[]): string[] {
  return [...new Set(diffs.map(({ provider }) => provider))].map((slug) => {
    const own = diffs.filter(({ provider }) => provider === slug)
    return `${cell(slug)} in ${own.map(({ environment }) => environment).join(', ')}`
  })
}

/** Redirect URLs that the file names and no route of it serves. */
function unservedNotes(diffs: readonly RecordDiff[]): string[] {
  const urls = diffs.flatMap(({ desired }) =>
    desired?.redirectUrl !== undefined && !desired.route ? [desired.redirectUrl] : [],
  )
  return urls.length > 0 ? [`  note: ${unservedNote([...new Set(urls)])}`] : []
}

/** How a new redirect URI takes the place of an old one without locking anyone out: the steps of docs/moving-a-domain.md. */
export const movingSteps = [
  'Serve both redirect URIs, and verify the new one.',
  "Register the new one beside the old one in the provider's portal.",
  'Apply provider by provider, at a quiet hour: a login that began before the change and ends after it fails once, and has to be started again.',
  'Remove the old route when its counter has stood still for a day, then the old redirect URI from the portals.',
] as const

/** The steps where an override is replaced, and the providers whose portal does not take the new one beside the old. */
function movingLines(diffs: readonly RecordDiff[]): string[] {
  const moved = diffs.filter(
    ({ before, desired }) =>
      before?.redirect_url_override &&
      desired?.redirectUrl &&
      before.redirect_url_override !== desired.redirectUrl,
  )
  if (moved.length === 0) return []
  const names = (count: 'one' | undefined) => {
    const known = moved.flatMap(({ desired }) => desired?.provider ?? [])
    const same = known.filter(({ redirectCount }) => redirectCount === count)
    return [...new Set(same.map(({ name }) => name))].join(', ')
  }
  const [one, unknown] = [names('one'), names(undefined)]
  return [
    'Redirect URIs change, each at once; docs/moving-a-domain.md says more:',
    ...movingSteps.map((step, index) => `  ${index + 1}. ${step}`),
    ...(one
      ? [
          `  One URI or host is all that these portals take, so registering and applying are one moment: ${one}`,
        ]
      : []),
    ...(unknown ? [`  How many these portals take is not documented, so look first: ${unknown}`] : []),
  ]
}

function fieldText(change: FieldChange): string {
  if ('secret' in change) return `${change.field}: ${change.secret}`
  return `${change.field}: ${cell(change.old ?? 'none')} -> ${cell(change.new ?? 'none')}`
}

function secretText({ before }: RecordDiff, rotated: boolean): string {
  if (rotated) return 'client_secret: a new one will be sent'
  return before
    ? `client_secret: not comparable; the record last changed ${cell(before.updated_at.slice(0, 10))}`
    : 'client_secret: will be sent'
}
