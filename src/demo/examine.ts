import { readYamlConfig } from '../config/read-yaml-config.ts'
import { runDoctor } from '../doctor/doctor.ts'
import type { Services } from '../doctor/facts.ts'
import { ByooError } from '../errors.ts'
import { fillTemplate, type JunctionEnvironment } from '../junction/environments.ts'
import { createHttp } from '../junction/http.ts'
import { createLink } from '../junction/link.ts'
import { createManagement } from '../junction/management.ts'
import { shellLine } from '../output/shell.ts'
import { createRateLimiter } from '../verify/rate-limiter.ts'
import { type DemoAddresses, demoConfig, demoProvider, doctorArguments } from './shell.ts'
import type { DoctorView } from './view.ts'

/** What the page shows before doctor has run; `byoo` is how byoo was started. */
export function notExamined(byoo: string): DoctorView {
  return {
    command: `${byoo} ${doctorArguments}`,
    status: 'later',
    findings: [],
    passed: 0,
    undetectable: null,
    reason: null,
  }
}

/** Milliseconds for one request on this machine. */
const timeout = 10_000
/** Requests a second, and at once: only this machine answers them. */
const [rate, atOnce] = [1000, 8]

/** Has doctor look at one environment of the demo; `undetectable` is what it cannot find. Never rejects. */
export async function examine(
  byoo: string,
  environment: JunctionEnvironment,
  demo: DemoAddresses,
  apiKey: string,
  undetectable: string | undefined,
  signal: AbortSignal,
): Promise<DoctorView> {
  const view = { ...notExamined(byoo), status: 'done' } as const
  const http = createHttp({ env: {}, timeout, signal })
  try {
    const examination = {
      file: {
        name: 'byoo.yaml',
        ...readYamlConfig('byoo.yaml', demoConfig(environment, demo), 'management'),
      },
      provider: demoProvider,
      createUser: true,
      askProvider: true,
    }
    const link = async () =>
      createLink(http, {
        url: fillTemplate(demo.apiUrl, environment),
        credentials: { 'x-vital-api-key': apiKey },
      })
    const services: Services = {
      management: {
        client: createManagement(http, { key: demo.managementKey, url: demo.managementUrl }),
        org: demo.org,
      },
      teamOf: () => demo.team,
      link: () => ({ link, lastingLink: link }),
      command: (_place, ...words) => `${byoo} ${shellLine(words)}`,
      verify: { pace: () => createRateLimiter(rate, atOnce, signal), timeout },
      signal,
    }
    const { findings, counts } = await runDoctor(examination, services)
    return {
      ...view,
      passed: counts.passed,
      undetectable: counts.failed > 0 ? null : (undetectable ?? null),
      findings: findings.flatMap(({ status, message, advice, command }) =>
        status === 'passed' ? [] : { status, message, advice, command },
      ),
    }
  } catch (error) {
    const bug = error instanceof ByooError || signal.aborted ? '' : 'This is a bug in byoo: '
    return { ...view, status: 'failed', reason: `${bug}${error instanceof Error ? error.message : error}` }
  } finally {
    await http.close()
  }
}
