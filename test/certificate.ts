import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  cryptoProvider,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const keyTypes = {
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
}

/** A self-signed certificate for a name and 127.0.0.1, valid for a day around `validAt`, with its private key, both PEM. */
export async function createCertificate(
  name: string,
  { keyType = 'ec', validAt = Date.now() }: { keyType?: keyof typeof keyTypes; validAt?: number } = {},
): Promise<{ cert: string; key: string }> {
  cryptoProvider.set(webcrypto)
  const algorithm = keyTypes[keyType]
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(validAt - 60_000),
    notAfter: new Date(validAt + 86_400_000),
    extensions: [
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: name },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  })
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { cert: certificate.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') }
}
