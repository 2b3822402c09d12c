import { resolve } from 'node:path'
import type { GivenOptions } from './options.ts'
import { explainRead, fileBound, readFileOrPipe } from './read-file.ts'

/** A certificate chain and its private key, both PEM. */
export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

/** A certificate with what is suspicious about it, or every fault of its files. */
interface ReadCertificate {
  readonly certificate: Certificate | undefined
  readonly warnings: readonly string[]
  readonly faults: readonly string[]
}

/** Reads the files of `--tls-cert` and `--tls-key` and checks that they are a pair, or says what is wrong with them. */
export async function readCertificate(
  given: GivenOptions<'tlsCert' | 'tlsKey'>,
  directory: string,
): Promise<ReadCertificate> {
  const faults: string[] = []
  const read = async (name: 'tlsCert' | 'tlsKey') => {
    const option = given[name]
    if (!option) return undefined
    try {
      return await readFileOrPipe(resolve(directory, option.value), fileBound)
    } catch (error) {
      faults.push(`${option.source}: ${JSON.stringify(option.value)} ${explainRead(error)}`)
      return undefined
    }
  }
  const cert = await read('tlsCert')
  const key = await read('tlsKey')
  if (!cert || !key) return { certificate: undefined, warnings: [], faults }
  const { X509Certificate, createPrivateKey } = await import('node:crypto')
  const { createSecureContext } = await import('node:tls')
  const fault = (name: 'tlsCert' | 'tlsKey', message: string) =>
    faults.push(`${given[name]?.source}: ${message}`)
  for (const [name, parts, what] of [
    ['tlsCert', { cert }, 'a PEM certificate'],
    ['tlsKey', { key }, 'an unencrypted PEM private key'],
  ] as const) {
    try {
      createSecureContext(parts)
    } catch {
      fault(name, `${JSON.stringify(given[name]?.value)} is not ${what}`)
    }
  }
  if (faults.length > 0) return { certificate: undefined, warnings: [], faults }
  const leaf = new X509Certificate(cert)
  // OpenSSL compares a certificate with keys of its own type only, and takes any other key beside it.
  if (!leaf.checkPrivateKey(createPrivateKey(key))) {
    fault('tlsKey', `does not belong to the certificate of ${given.tlsCert?.source}`)
    return { certificate: undefined, warnings: [], faults }
  }
  const file = `${given.tlsCert?.source}: ${JSON.stringify(given.tlsCert?.value)}`
  const now = Date.now()
  const warnings: string[] = []
  if (now > Date.parse(leaf.validTo)) warnings.push(`${file} has expired: it was valid until ${leaf.validTo}`)
  if (now < Date.parse(leaf.validFrom)) {
    warnings.push(`${file} is not valid yet: it is from ${leaf.validFrom} on`)
  }
  return { certificate: { cert, key }, warnings, faults }
}
