import { createHash, randomUUID } from 'node:crypto'
import type { JunctionEnvironment } from '../../junction/environments.ts'

/** A record as the API shows it: with a hash of the secret. */
export interface StoredCredential {
  readonly id: string
  client_id: string | null
  client_secret_hash: string | null
  readonly source: string
  readonly team_id: string
  readonly created_at: string
  updated_at: string
  details: Record<string, unknown> | null
  app_url: string | null
  redirect_url_override: string | null
}

const changeable = ['client_id', 'details', 'redirect_url_override'] as const

/** The credentials of all teams, in one store per environment. */
export class CredentialStore {
  /** Records in one page of a list. */
  pageSize = 50
  readonly #records = new Map<JunctionEnvironment, StoredCredential[]>()
  readonly #secrets = new WeakMap<StoredCredential, string>()
  readonly #salt = randomUUID()

  /** The records of one store, oldest first; may be changed to arrange a test. */
  records(environment: JunctionEnvironment): StoredCredential[] {
    const records = this.#records.get(environment) ?? []
    this.#records.set(environment, records)
    return records
  }

  /** Creates or changes the record of a team and provider; null clears a field, what is left out stays. */
  set(environment: JunctionEnvironment, fields: Readonly<Record<string, unknown>>): StoredCredential {
    const now = new Date().toISOString()
    const records = this.records(environment)
    const { team_id, provider } = fields as { team_id: string; provider: string }
    let record = records.find((one) => one.team_id === team_id && one.source === provider)
    if (!record) {
      record = {
        id: randomUUID(),
        client_id: null,
        client_secret_hash: null,
        source: provider,
        team_id,
        created_at: now,
        updated_at: now,
        details: null,
        app_url: null,
        redirect_url_override: null,
      }
      records.push(record)
    }
    for (const name of changeable) {
      if (fields[name] !== undefined) Object.assign(record, { [name]: fields[name] })
    }
    const { client_secret: secret } = fields
    if (secret !== undefined) this.#setSecret(record, secret === null ? null : String(secret))
    record.updated_at = now
    return record
  }

  /** The secret of a record, which the API never shows. */
  secret(record: StoredCredential): string | undefined {
    return this.#secrets.get(record)
  }

  #setSecret(record: StoredCredential, secret: string | null): void {
    record.client_secret_hash = secret === null ? null : this.hash(secret)
    if (secret === null) this.#secrets.delete(record)
    else this.#secrets.set(record, secret)
  }

  /** Removes a record; false when there is none with this id. */
  delete(environment: JunctionEnvironment, id: string): boolean {
    const records = this.records(environment)
    const index = records.findIndex((record) => record.id === id)
    if (index === -1) return false
    records.splice(index, 1)
    return true
  }

  /** How this store hashes a secret; another store's hash of the same secret differs. */
  hash(secret: string): string {
    return createHash('sha256').update(`${this.#salt}:${secret}`).digest('hex')
  }
}
