import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  cryptoProvider,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

/** A private authority, and the certificates that it gives. */
export interface Authority {
  readonly pem: string
  /** A certificate for a name, and others, that is valid from and until so many days from now. */
  issue(
    name: string,
    from: number,
    until: number,
    ...others: string[]
  ): Promise<{ cert: string; key: string }>
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const dayLength = 86_400_000

export async function createAuthority(): Promise<Authority> {
  cryptoProvider.set(webcrypto)
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate: X509Certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test authority',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 400 * dayLength),
    notAfter: new Date(Date.now() + 400 * dayLength),
    extensions: [new BasicConstraintsExtension(true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign)],
  })
  let serial = 1
  return {
    pem: certificate.toString('pem'),
    issue: async (name, from, until, ...others) => {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
      serial += 1
      const issued = await X509CertificateGenerator.create({
        serialNumber: serial.toString(16).padStart(2, '0'),
        subject: `CN=${name}`,
        issuer: certificate.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        notBefore: new Date(Date.now() + from * dayLength),
        notAfter: new Date(Date.now() + until * dayLength),
        extensions: [
          new SubjectAlternativeNameExtension(
            [name, ...others].map((value) => ({ type: 'dns' as const, value })),
          ),
        ],
      })
      const key = await webcrypto.subtle.exportKey('pkcs8', own.privateKey)
      return { cert: issued.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') }
    },
  }
}
