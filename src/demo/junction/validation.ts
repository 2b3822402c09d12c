import { hosts, type JunctionEnvironment, olderHosts } from '../../junction/environments.ts'
import { providers } from '../../junction/providers.ts'

/** One entry of a 422. */
export interface ValidationFault {
  readonly loc: readonly (string | number)[]
  readonly msg: string
  readonly type: string
  /** What was sent, secrets included: a client must not show it. */
  readonly input: unknown
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const textFields = ['client_id', 'client_secret', 'redirect_url_override']

/** What is wrong with identifiers. */
export function identifierFaults(
  place: 'path' | 'query' | 'body',
  values: Readonly<Record<string, string>>,
): ValidationFault[] {
  return Object.entries(values)
    .filter(([, value]) => !uuid.test(value))
    .map(([name, value]) => fault([place, name], 'Input should be a valid UUID', 'uuid_parsing', value))
}

/** What is wrong with the body of a write or a preparation. */
export function bodyFaults(body: unknown): ValidationFault[] {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    return [fault(['body'], 'Input should be a valid dictionary', 'model_attributes_type', body)]
  }
  const fields = body as Record<string, unknown>
  const faults: ValidationFault[] = []
  for (const name of ['team_id', 'provider']) {
    if (fields[name] === undefined) faults.push(fault(['body', name], 'Field required', 'missing', body))
  }
  if (fields.team_id !== undefined && !uuid.test(String(fields.team_id))) {
    faults.push(fault(['body', 'team_id'], 'Input should be a valid UUID', 'uuid_parsing', fields.team_id))
  }
  const provider = providers.find(({ slug }) => slug === fields.provider)
  if (fields.provider !== undefined && !provider) {
    faults.push(fault(['body', 'provider'], 'Input should be a known provider', 'enum', fields.provider))
  }
  for (const name of textFields) {
    const value = fields[name]
    if (value === undefined || value === null || typeof value === 'string') continue
    faults.push(fault(['body', name], 'Input should be a valid string', 'string_type', value))
  }
  for (const { name, required } of fields.details ? (provider?.details ?? []) : []) {
    if (!required || at(fields.details, name) !== undefined) continue
    faults.push(fault(['body', 'details', ...name.split('.')], 'Field required', 'missing', fields.details))
  }
  return faults
}

/** What the preparation of a provider answers. */
export function preparation(provider: string, environment: JunctionEnvironment) {
  const steps: Record<string, object[]> = {
    google_health: [
      {
        type: 'redirect_uri',
        key: null,
        // An older host on purpose: real answers may have one.
        value: `${olderHosts[environment]}/v2/link/connect/google_health`,
        description: 'Where Google sends users after consent',
      },
      {
        type: 'iam_principal',
        key: null,
        value: 'simulator@made-up-project.iam.gserviceaccount.com',
        description: 'Grant it access',
      },
    ],
    fitbit: ['workout', 'sleep', 'body'].map((key) => ({
      type: 'webhook_uri',
      key,
      value: `${hosts[environment]}/made-up-webhook/fitbit/${key}`,
      description: null,
    })),
  }
  const preparation_steps = steps[provider] ?? []
  const status = preparation_steps.length > 0 ? 'preparations_required' : 'no_action_needed'
  return { status, preparation_steps }
}

function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((inner, name) => (inner as Record<string, unknown> | null | undefined)?.[name], value)
}

function fault(loc: (string | number)[], msg: string, type: string, input: unknown): ValidationFault {
  return { loc, msg, type, input }
}
