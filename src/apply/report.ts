import { cell } from '../output/layout.ts'
import type { Style } from '../output/style.ts'
import type { FieldChange, RecordDiff } from './diff.ts'

/** A diff as `--json` shows it. */
export function diffData({ kind, provider, environment, team, fields, before }: RecordDiff): object {
  return {
    kind,
    provider,
    environment,
    team_id: team,
    fields,
    client_secret: before
      ? { comparable: false, record_updated_at: before.updated_at }
      : { comparable: false, record_updated_at: null },
  }
}

/** The diffs for people: what would be written first, then what only Junction has, then a count of the rest. */
export function diffText(diffs: readonly RecordDiff[], others: number, style: Style): string {
  const lines: string[] = []
  for (const diff of diffs.filter(({ kind }) => kind === 'create' || kind === 'change')) {
    const sign = diff.kind === 'create' ? style.green('+ create') : style.yellow('~ change')
    lines.push(`${sign} ${style.bold(diff.provider)} in ${diff.environment}`)
    for (const field of diff.fields) lines.push(`    ${fieldText(field)}`)
    lines.push(`    ${secretText(diff)}`)
  }
  const extra = diffs.filter(({ kind }) => kind === 'not in the file')
  for (const { provider, environment } of extra) {
    lines.push(`  not in the file: ${cell(provider)} in ${environment}`)
  }
  const same = diffs.filter(({ kind }) => kind === 'same').length
  if (same > 0) lines.push(`  same: ${counted(same, 'record')}`)
  if (others > 0) lines.push(`  not looked at: ${counted(others, 'record')} of other providers or teams`)
  return lines.map((line) => `${line}\n`).join('')
}

function fieldText(change: FieldChange): string {
  if ('secret' in change) return `${change.field}: ${change.secret}`
  return `${change.field}: ${cell(change.old ?? 'none')} -> ${cell(change.new ?? 'none')}`
}

function secretText({ before }: RecordDiff): string {
  return before
    ? `client_secret: not comparable; the record last changed ${cell(before.updated_at.slice(0, 10))}`
    : 'client_secret: will be sent'
}

/** `1 record`, `2 records` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
