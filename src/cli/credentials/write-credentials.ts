import { ByooError } from '../../errors.ts'
import type { Credential, CredentialInput, Team } from '../../junction/management.ts'
import type { Provider } from '../../junction/providers.ts'
import { pairs } from '../../output/layout.ts'
import { printable } from '../../output/printable.ts'
import type { Connection } from '../connection/connection.ts'
import type { FoundSecret } from '../input/client-secret.ts'
import { askConfirmation } from '../input/prompt.ts'
import type { Session } from '../session.ts'
import { followUp } from '../workspace/follow-up.ts'
import { masked } from '../workspace/management-key.ts'
import type { Place } from '../workspace/selection.ts'
import type { Workspace } from '../workspace/workspace.ts'

/** What a write is about. */
export interface Target {
  readonly workspace: Workspace
  readonly provider: Provider
  readonly org: string
  readonly team: string
  readonly place: Place
}

/** What Junction holds before a write, and the team when the key may see it. */
export interface Situation {
  readonly before: Credential | undefined
  readonly team: Team | undefined
}

/** Looks at what is there: the record to change, and whether the team belongs to this region. */
export async function lookAround(
  session: Session,
  { management }: Connection,
  { provider, org, team, place }: Target,
): Promise<Situation> {
  const store = { org, ...place }
  const [records, found] = await session.progress(
    'Asking Junction what it holds',
    Promise.all([
      management.listCredentials(store, { team_id: team, provider: provider.slug }),
      management.team(org, team).catch((error) => {
        // Keys of a team may not be allowed to look it up.
        if (error instanceof ByooError && error.code !== 'interrupted') return undefined
        throw error
      }),
    ]),
  )
  const before = records.find(({ team_id }) => team_id === team)
  if (found && found.region !== place.region) {
    const name = `${printable(found.name, 80)} (${team})`
    throw new ByooError(
      'usage',
      `team ${name} is in ${printable(found.region, 20)}, not in ${place.region}`,
      {
        hint: `use --region ${printable(found.region, 20)}, or another team`,
      },
    )
  }
  return { before, team: found }
}

/** Shows what will change and where, warns, and in production asks. */
export async function confirmWrite(
  session: Session,
  { key }: Connection,
  target: Target,
  { before, team }: Situation,
  record: CredentialInput,
  secret: FoundSecret | undefined,
  yes: boolean,
): Promise<void> {
  const { org, place, provider } = target
  const lines = pairs(
    [
      ['organisation', org],
      ['team', team ? `${target.team} (${printable(team.name, 80)})` : target.team],
      ['environment', place.environment],
      ['region', place.region],
      ['provider', `${provider.slug} (${provider.name})`],
      ['client id', change(before?.client_id, record.client_id)],
      ['redirect URI', change(before?.redirect_url_override, record.redirect_url_override)],
      ['client secret', secret ? `from ${secret.source}` : 'not sent'],
      ['key', `${masked(key.value)} from ${key.source}`],
    ],
    session.errorStyle,
  )
  const asks = place.environment === 'production' && !yes
  const plan = `This will change Junction:\n${lines.trimEnd().replace(/^/gm, '  ')}`
  if (asks) session.show(plan)
  else session.notice(plan)
  if (before?.client_id && before.client_id !== record.client_id) {
    session.warn('the client id changes: users connected with the old one may have to connect again')
  }
  if (secret && before?.client_secret_hash) {
    session.notice(
      'Keep the old secret until a user has connected with the new one: Junction cannot return it.',
    )
  }
  if (!asks) return
  const confirmed = await askConfirmation(`Change ${provider.slug} in production now?`, session)
  if (confirmed === undefined) {
    throw new ByooError(
      'usage',
      'a change in production has to be confirmed, and there is no terminal to ask on',
      {
        hint: 'add --yes when you are sure',
      },
    )
  }
  if (!confirmed) throw new ByooError('interrupted', 'stopped: nothing was changed')
}

/** Writes, reads back and compares. Fails with what was lost and how to restore it. */
export async function writeRecord(
  session: Session,
  { management }: Connection,
  target: Target,
  before: Credential | undefined,
  record: CredentialInput,
): Promise<Credential> {
  const { workspace, provider, org, team, place } = target
  const store = { org, ...place }
  const check = followUp(workspace, place, 'credentials', 'show', provider.slug)
  try {
    await session.progress('Writing to Junction', management.setCredentials(store, record))
  } catch (error) {
    throw withConsequence(error, check)
  }
  const reading = management.listCredentials(store, { team_id: team, provider: provider.slug })
  const records = await session.progress('Reading it back', reading).catch((error) => {
    throw withConsequence(error, check, 'Junction accepted the change, but it could not be read back')
  })
  const after = records.find(({ team_id }) => team_id === team)
  const differences = compare(before, record, after)
  if (after && differences.length === 0) return after
  throw new ByooError('read_back_differs', `Junction took the change, but now ${differences.join('; ')}`, {
    hint: `restore it with:\n${restore(target, before, record)}\nthen look at it with:\n${check}`,
    mayHaveTakenEffect: true,
  })
}

/** The same failure, with whether the change may have happened and how to find out. */
export function withConsequence(error: unknown, check: string, known?: string): unknown {
  if (!(error instanceof ByooError)) return error
  const { mayHaveTakenEffect } = error
  const effect =
    known ?? (mayHaveTakenEffect ? 'the change may have happened all the same' : 'nothing was changed')
  const checked = known !== undefined || mayHaveTakenEffect
  return error.withAdvice(checked ? `${effect}: check with\n${check}` : effect)
}

function compare(
  before: Credential | undefined,
  sent: CredentialInput,
  after: Credential | undefined,
): string[] {
  if (!after) return [`there are no credentials of ${sent.provider}`]
  const differences: string[] = []
  const shown = (text: string | undefined) =>
    text === undefined ? 'missing' : JSON.stringify(printable(text))
  if (sent.client_id !== after.client_id) {
    differences.push(`the client id is ${shown(after.client_id)}, not ${shown(sent.client_id)}`)
  }
  if (sent.redirect_url_override !== after.redirect_url_override) {
    const [is, wanted] = [after.redirect_url_override, sent.redirect_url_override].map(shown)
    differences.push(`the redirect URI is ${is}, not ${wanted}`)
  }
  if (before?.client_secret_hash && !after.client_secret_hash) differences.push('the client secret is gone')
  const had = Object.keys(sent.details ?? before?.details ?? {})
  const gone = had.filter((name) => !(name in (after.details ?? {})))
  if (gone.length > 0)
    differences.push(`of the details ${gone.join(', ')} ${gone.length > 1 ? 'are' : 'is'} gone`)
  return differences
}

function restore(
  { workspace, provider, place }: Target,
  before: Credential | undefined,
  sent: CredentialInput,
) {
  const clientId = sent.client_id ?? before?.client_id
  const details = sent.details ?? before?.details
  return followUp(
    workspace,
    place,
    'set-credentials',
    provider.slug,
    ...(clientId === undefined ? [] : ['--client-id', clientId]),
    ...(sent.redirect_url_override === undefined ? [] : ['--redirect-url', sent.redirect_url_override]),
    '--client-secret-file',
    '<path>',
    ...(details && provider.details.length > 0 ? ['--details-file', '<path>'] : []),
    ...(place.environment === 'production' ? ['--skip-verify'] : []),
  ).replaceAll("'<path>'", '<path>')
}

function change(before: string | null | undefined, after: string | undefined): string {
  const old = before ? printable(before) : 'none'
  if (after === undefined) return `${old} (not sent)`
  return before === after ? `${after} (unchanged)` : `${old} -> ${after}`
}
