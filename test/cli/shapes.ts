import * as z from 'zod'
import { junctionEnvironments } from '../../src/junction/environments.ts'
import { factTopics } from '../../src/junction/providers.ts'

const place = { environment: z.enum(junctionEnvironments) }
const nullable = z.nullable(z.string())

const record = z.strictObject({
  id: z.uuid(),
  provider: z.string(),
  ...place,
  team_id: z.uuid(),
  client_id: nullable,
  client_secret_hash: nullable,
  redirect_url_override: nullable,
  details: z.nullable(z.record(z.string(), z.unknown())),
  created_at: z.string(),
  updated_at: z.string(),
})

const provider = z.strictObject({
  slug: z.string(),
  name: z.string(),
  sign_up: z.nullable(z.enum(['self', 'application', 'closed'])),
  plans: z.array(z.string()),
  activation: z.array(z.string()),
  starting_rate_limits: z.array(z.string()),
  starting_cap: nullable,
  details: z.array(
    z.strictObject({
      name: z.string(),
      required: z.boolean(),
      secret: z.boolean(),
      where: z.string(),
      list: z.literal(true).optional(),
    }),
  ),
  redirect_rules: z.array(z.string()),
  notes: z.array(z.string()),
  byoo_only: z.boolean(),
  redirect_uris: z.nullable(z.enum(['one', 'several'])),
  new_secret_ends_old: z.nullable(z.boolean()),
  facts: z
    .array(
      z.strictObject({ topic: z.enum(factTopics), text: z.string(), source: z.string(), date: z.string() }),
    )
    .check(z.minLength(1)),
})

const sourced = z.strictObject({ value: z.string(), source: z.string() })
const written = z.strictObject({
  credential: record,
  before: z.nullable(record),
  secret_changed: z.nullable(z.boolean()),
  next_steps: z.array(z.string()),
})

const compared = z.strictObject({
  kind: z.enum(['create', 'change', 'same', 'not in the file']),
  provider: z.string(),
  ...place,
  team_id: z.uuid(),
  fields: z.array(
    z.union([
      z.strictObject({ field: z.string(), old: nullable, new: nullable }),
      z.strictObject({ field: z.string(), secret: z.enum(['same', 'differs', 'not compared']) }),
    ]),
  ),
  client_secret: z.strictObject({ comparable: z.literal(false), record_updated_at: nullable }),
})
const applied = compared.extend({
  status: z.enum(['done', 'failed', 'not tried']),
  written_at: nullable,
  secret_hash: z.nullable(z.enum(['new', 'unchanged', 'changed'])),
  error: z.nullable(z.strictObject({ code: z.string(), message: z.string(), hint: nullable })),
})

const connectionError = z.strictObject({
  type: z.string(),
  message: nullable,
  meaning: nullable,
  advice: nullable,
  since: nullable,
})
const connection = z.strictObject({
  provider: z.string(),
  name: z.string(),
  status: z.string(),
  since: z.string(),
  error: z.nullable(connectionError),
})

/** What `--json` promises of each command, as the tests see it; a change here is a change for scripts. */
export const shapes = {
  init: z.strictObject({ path: z.string(), url: z.string(), ...place, next_steps: z.array(z.string()) }),
  login: z.strictObject({
    path: z.string(),
    management_key: z.string(),
    org: nullable,
    team: nullable,
    environment: nullable,
    sees: z.nullable(z.array(z.enum(junctionEnvironments))),
    not_checked: nullable,
    next_steps: z.array(z.string()),
  }),
  logout: z.strictObject({ path: z.string(), deleted: z.boolean() }),
  whoami: z.strictObject({
    management_key: z.nullable(sourced),
    org: z.nullable(sourced),
    teams: z.record(z.string(), sourced),
  }),
  prepare: z.strictObject({
    provider: z.string(),
    environment: z.nullable(z.enum(junctionEnvironments)),
    redirect_uri: z.nullable(z.url()),
    register: nullable,
    portal: z.array(z.string()),
    limits: z.array(z.string()),
    missing: z.array(z.string()),
    status: nullable,
    steps: z.array(
      z.strictObject({
        type: z.string(),
        label: z.string(),
        key: nullable,
        value: z.string(),
        description: nullable,
      }),
    ),
    notes: z.array(z.string()),
  }),
  written,
  list: z.strictObject({ credentials: z.array(record), complete: z.boolean() }),
  show: z.strictObject({ credential: record, complete: z.boolean() }),
  deleted: z.strictObject({ deleted: record }),
  dryRun: z.strictObject({
    dry_run: z.literal(true),
    request: z.strictObject({ method: z.string(), url: z.url(), body: z.unknown() }),
  }),
  dashboard: z.strictObject({
    dashboard: z.literal(true),
    provider: z.string(),
    ...place,
    client_id: nullable,
    redirect_url_override: z.url(),
    steps: z.array(z.string()),
  }),
  providers: z.strictObject({ providers: z.array(provider) }),
  provider: z.strictObject({ provider }),
  explain: z.strictObject({
    code: z.string(),
    kind: z.enum([
      'link error',
      'custom widget code',
      'connection error',
      'OAuth error of the provider',
      'status of byoo serve',
      'finding of byoo verify',
      'finding of byoo doctor',
      'exit code',
    ]),
    meaning: z.string(),
    advice: z.string(),
  }),
  link: z.strictObject({
    provider: z.string(),
    ...place,
    user_id: z.uuid(),
    created: z.boolean(),
    deleted: z.boolean(),
    clean_up: nullable,
    url: z.url(),
    checks: z.array(
      z.strictObject({
        id: z.enum(['redirect_uri', 'client_id', 'audience', 'team', 'override']),
        status: z.enum(['passed', 'failed', 'skipped']),
        message: z.string(),
        compared_with: nullable,
        expected: nullable,
        found: nullable,
        advice: nullable,
      }),
    ),
    wait: z.nullable(
      z.strictObject({
        status: z.enum(['connected', 'failed', 'timed_out']),
        error: z.nullable(connectionError),
      }),
    ),
  }),
  connections: z.strictObject({ user_id: z.uuid(), ...place, connections: z.array(connection) }),
  diff: z.strictObject({
    verdict: z.string(),
    records: z.array(compared),
    not_looked_at: z.number(),
    failed: z.array(z.strictObject({ ...place, code: z.string(), message: z.string() })),
  }),
  apply: z.strictObject({
    verdict: z.string(),
    dry_run: z.boolean(),
    key: z.string().check(z.length(4)),
    not_looked_at: z.number(),
    records: z.array(z.union([applied, compared])),
  }),
  failing_connections: z.strictObject({
    ...place,
    users: z.number(),
    failing: z.array(z.strictObject({ id: z.string(), user_id: z.uuid(), connections: z.array(connection) })),
    not_found: z.array(z.string()),
    failed: z.array(z.strictObject({ id: z.string(), code: z.string(), message: z.string() })),
  }),
  disconnected: z.strictObject({
    user_id: z.uuid(),
    ...place,
    disconnected: z.array(connection),
    user_deleted: z.boolean(),
  }),
  doctor: z.strictObject({
    passed: z.boolean(),
    interrupted: z.boolean(),
    summary: z.string(),
    reached: z.nullable(z.boolean()),
    counts: z.strictObject({
      failed: z.number(),
      note: z.number(),
      manual: z.number(),
      skipped: z.number(),
      passed: z.number(),
    }),
    records: z.array(
      z.strictObject({
        environment: z.string(),
        provider: z.string(),
        updated_at: z.string(),
        command: z.string(),
      }),
    ),
    findings: z.array(
      z.strictObject({
        id: z.string(),
        check: z.string(),
        status: z.enum(['failed', 'note', 'manual', 'skipped', 'passed']),
        subject: z.strictObject({
          route: nullable,
          provider: nullable,
          environment: nullable,
        }),
        message: z.string(),
        advice: nullable,
        command: nullable,
        expected: nullable,
        received: nullable,
      }),
    ),
  }),
  error: z.strictObject({
    error: z.strictObject({
      code: z.string(),
      message: z.string(),
      hint: nullable,
      status: z.optional(z.number()),
      request_id: z.optional(z.string()),
    }),
  }),
} as const

/** The one JSON object of an output, in the shape that is promised. */
export function readShape<Name extends keyof typeof shapes>(name: Name, output: string) {
  return shapes[name].parse(JSON.parse(output)) as z.infer<(typeof shapes)[Name]>
}
