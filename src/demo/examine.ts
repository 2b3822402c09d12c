import { readYamlConfig } from '../config/read-yaml-config.ts'
import { runDoctor } from '../doctor/doctor.ts'
import type { Services } from '../doctor/facts.ts'
import type { Finding } from '../doctor/findings.ts'
import { ByooError } from '../errors.ts'
import { fillTemplate, type JunctionEnvironment } from '../junction/environments.ts'
import type { Http } from '../junction/http.ts'
import { createLink } from '../junction/link.ts'
import { createManagement } from '../junction/management.ts'
import { shellLine } from '../output/shell.ts'
import { createRateLimiter } from '../verify/rate-limiter.ts'
import { teamIn } from './junction/state.ts'
import { demoProvider, type Loop } from './loop.ts'
import { demoConfig } from './shell.ts'

/** What doctor says of an attempt. */
export interface Examination {
  readonly status: 'later' | 'running' | 'done' | 'failed'
  /** All but what passed. */
  readonly findings: readonly Finding[]
  /** How many checks passed. */
  readonly passed: number
  /** Why there are no findings. */
  readonly reason: string | null
}

/** Before doctor has run. */
export const notExamined: Examination = { status: 'later', findings: [], passed: 0, reason: null }

/** Milliseconds for one request on this machine. */
export const timeout = 10_000
/** Requests a second, and at once: only this machine answers them. */
const [rate, atOnce] = [1000, 8]

/** How doctor reaches one environment of the demo; `byoo` is how byoo was started. */
export interface Examiner {
  readonly loop: Loop
  readonly byoo: string
  readonly http: Http
  readonly signal: AbortSignal
}

/** A client of the link API of one environment. */
export function linkClient({ loop: { junction }, http }: Examiner, environment: JunctionEnvironment) {
  return createLink(http, {
    url: fillTemplate(junction.apiUrl, environment),
    credentials: { 'x-vital-api-key': junction.apiKeys[environment] },
  })
}

/** Has doctor look at one environment of the demo. Never rejects. */
export async function examine(examiner: Examiner, environment: JunctionEnvironment): Promise<Examination> {
  const { loop, byoo, http, signal } = examiner
  const { junction } = loop
  try {
    const yaml = readYamlConfig('byoo.yaml', demoConfig(loop, environment), 'management')
    const link = async () => linkClient(examiner, environment)
    const services: Services = {
      management: {
        client: createManagement(http, { key: junction.keys.organisation, url: junction.url }),
        org: junction.org,
      },
      teamOf: () => teamIn(junction, environment).id,
      link: () => ({ link, lastingLink: link }),
      command: (_place, ...words) => `${byoo} ${shellLine(words)}`,
      verify: { limiter: () => createRateLimiter(rate, atOnce, signal), timeout },
      signal,
    }
    const file = { name: 'byoo.yaml', ...yaml }
    const options = { file, provider: demoProvider, createUser: true, askProvider: true }
    const { findings, counts } = await runDoctor(options, services)
    signal.throwIfAborted()
    const others = findings.filter(({ status }) => status !== 'passed')
    return { status: 'done', passed: counts.passed, findings: others, reason: null }
  } catch (error) {
    const bug = error instanceof ByooError || signal.aborted ? '' : 'This is a bug in byoo: '
    const reason = `${bug}${error instanceof Error ? error.message : error}`
    return { ...notExamined, status: 'failed', reason }
  }
}
