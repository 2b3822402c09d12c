import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { explainRead } from './explain-read.ts'
import type { GivenOptions } from './options.ts'

/** A certificate chain and its private key, both PEM. */
export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

/** Reads the files of `--tls-cert` and `--tls-key` and checks that they are a pair, or says what is wrong with them. */
export async function readCertificate(
  given: GivenOptions<'tlsCert' | 'tlsKey'>,
  directory: string,
): Promise<{ readonly certificate: Certificate | undefined; readonly faults: string[] }> {
  const faults: string[] = []
  const read = (name: 'tlsCert' | 'tlsKey') => {
    const option = given[name]
    if (!option) return undefined
    try {
      return readFileSync(resolve(directory, option.value))
    } catch (error) {
      const reason = explainRead((error as NodeJS.ErrnoException).code)
      faults.push(`${option.source}: ${JSON.stringify(option.value)} ${reason}`)
      return undefined
    }
  }
  const cert = read('tlsCert')
  const key = read('tlsKey')
  if (!cert || !key) return { certificate: undefined, faults }
  const { createSecureContext } = await import('node:tls')
  try {
    createSecureContext({ cert })
  } catch {
    faults.push(`${given.tlsCert?.source}: ${JSON.stringify(given.tlsCert?.value)} is not a PEM certificate`)
  }
  try {
    createSecureContext({ key })
  } catch {
    faults.push(
      `${given.tlsKey?.source}: ${JSON.stringify(given.tlsKey?.value)} is not an unencrypted PEM private key`,
    )
  }
  if (faults.length > 0) return { certificate: undefined, faults }
  try {
    createSecureContext({ cert, key })
  } catch {
    faults.push(`${given.tlsKey?.source}: does not belong to the certificate of ${given.tlsCert?.source}`)
  }
  return { certificate: faults.length > 0 ? undefined : { cert, key }, faults }
}
