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

cryptoProvider.set(webcrypto)

const keyTypes = {
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
}
const dayLength = 86_400_000
const daysFromNow = (days: number) => new Date(Date.now() + days * dayLength)
const dns = (value: string) => ({ type: 'dns' as const, value })

async function inPem(certificate: X509Certificate, keys: webcrypto.CryptoKeyPair) {
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { cert: certificate.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') }
}

/** A self-signed certificate for a name and 127.0.0.1, valid for a day around `validAt`, with its private key, both PEM. */
export async function createCertificate(
  name: string,
  { keyType = 'ec', validAt = Date.now() }: { keyType?: keyof typeof keyTypes; validAt?: number } = {},
): Promise<{ cert: string; key: string }> {
  const algorithm = keyTypes[keyType]
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(validAt - 60_000),
    notAfter: new Date(validAt + dayLength),
    extensions: [new SubjectAlternativeNameExtension([dns(name), { type: 'ip', value: '127.0.0.1' }])],
  })
  return inPem(certificate, keys)
}

/** A private authority, and the certificates that it gives. */
export type Authority = Awaited<ReturnType<typeof createAuthority>>

export async function createAuthority() {
  const algorithm = keyTypes.ec
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate: X509Certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test authority',
    keys,
    signingAlgorithm: algorithm,
    notBefore: daysFromNow(-400),
    notAfter: daysFromNow(400),
    extensions: [new BasicConstraintsExtension(true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign)],
  })
  let serial = 1
  return {
    pem: certificate.toString('pem'),
    /** A certificate for a name, and others, that is valid from and until so many days from now. */
    issue: async (name: string, from: number, until: number, ...others: string[]) => {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
      serial += 1
      const issued = await X509CertificateGenerator.create({
        serialNumber: serial.toString(16).padStart(2, '0'),
        subject: `CN=${name}`,
        issuer: certificate.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        notBefore: daysFromNow(from),
        notAfter: daysFromNow(until),
        extensions: [new SubjectAlternativeNameExtension([name, ...others].map(dns))],
      })
      return inPem(issued, own)
    },
  }
}
