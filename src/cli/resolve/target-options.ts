import * as z from 'zod/mini'
import { organisation, team } from '../../config/credential-schema.ts'
import { isLoopback } from '../../config/url.ts'
import { environments, regions } from '../../junction/environments.ts'
import { type OptionValues, option } from '../command.ts'
import { hiddenFlags, targetFlags } from '../global-flags.ts'

const url = z.string().check(z.refine(isApiUrl, 'must be an https URL, or plain http to a loopback address'))

const seconds = z.pipe(
  z.string().check(z.regex(/^(?!0+$)\d{1,4}$/, 'must be a whole number of seconds from 1 to 9999')),
  z.transform((text) => Number(text)),
)

/** The options that choose what a command works on. */
export const targetOptions = {
  config: option(...targetFlags.config),
  environment: option(...targetFlags.environment, z.enum(environments)),
  region: option(...targetFlags.region, z.enum(regions)),
  org: option(...targetFlags.org, organisation),
  team: option(...targetFlags.team, team),
  timeout: option(...targetFlags.timeout, seconds, 30),
  managementUrl: option(...hiddenFlags.managementUrl, url),
  apiUrl: option(...hiddenFlags.apiUrl, url),
}

/** What a command works on, as flags and variables say. */
export type TargetOptions = OptionValues<typeof targetOptions>

function isApiUrl(text: string): boolean {
  const plain = text.replace('{environment}', 'environment').replace('{region}', 'region')
  if (!URL.canParse(plain) || /\s/.test(plain)) return false
  const { protocol, hostname, username, password, search, hash } = new URL(plain)
  if (username || password || search || hash) return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}
