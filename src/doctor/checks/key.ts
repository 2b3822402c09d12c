import { ByooError } from '../../errors.ts'
import type { JunctionEnvironment } from '../../junction/environments.ts'
import type { Facts } from '../facts.ts'
import {
  type Check,
  doctorFindings,
  type Finding,
  fail,
  noSubject,
  note,
  pass,
  type Subject,
  skip,
} from '../findings.ts'
import { subjectOfEnvironment } from '../targets.ts'

/** Does Junction accept the keys, and are they of the right kind? What is the same everywhere is told once. */
export async function checkKeys(
  environments: readonly JunctionEnvironment[],
  facts: Facts,
): Promise<Finding[]> {
  if (environments.length === 0) return []
  return [...(await checkManagementKey(environments, facts)), ...checkApiKey(environments, facts)]
}

async function checkManagementKey(
  environments: readonly JunctionEnvironment[],
  facts: Facts,
): Promise<Finding[]> {
  const { management } = facts.services
  if (management instanceof ByooError) return [explain(management, undefined, facts)]
  const outcomes = await Promise.all(
    environments.map(async (environment) => ({ environment, ...(await facts.records(environment)) })),
  )
  const problems = outcomes.flatMap(({ environment, problem: failure, endless }) => {
    const problem = failure ?? endless
    return problem ? [{ environment, problem }] : []
  })
  const [first] = problems
  if (!first) return [pass('key', noSubject, 'Junction accepts the management key')]
  const everywhere = environments.length > 1 && problems.length === environments.length
  if (everywhere && problems.every(({ problem }) => apiProblem(problem) === apiProblem(first.problem))) {
    return [explain(first.problem, undefined, facts)]
  }
  return problems.map(({ environment, problem }) => explain(problem, environment, facts))
}

/** What it means that the management API could not be used. */
function apiProblem({ code, status }: ByooError) {
  switch (code) {
    case 'not_authenticated':
      return status === undefined ? 'key-missing' : 'management-key-invalid'
    case 'wrong_key':
      return 'management-key-invalid'
    case 'not_allowed':
      return 'management-key-without-access'
    case 'usage':
      return 'organisation-unknown'
    case 'unreachable':
      return 'junction-unreachable'
    default:
      return 'junction-unexpected'
  }
}

const reasons = {
  'management-key-invalid': 'the management key is not valid',
  'management-key-without-access': 'the management key has no access',
  'junction-unreachable': 'Junction cannot be reached',
  'junction-unexpected': 'Junction did not give the expected answer',
} as const

/** A check that lacks what the management API did not tell; the check `key` says more, and what to do. */
export function skippedBecause(problem: ByooError, check: Check, subject: Subject): Finding {
  const kind = apiProblem(problem)
  const { message, hint } = problem
  if (kind === 'key-missing') return skip(check, subject, message)
  if (kind !== 'organisation-unknown') return skip(check, subject, reasons[kind])
  return skip(check, subject, message, { advice: hint === undefined ? null : `${asSentence(hint)}.` })
}

/** The hint of an error as the beginning of a sentence, without its line breaks. */
export function asSentence(hint: string): string {
  return (hint.charAt(0).toUpperCase() + hint.slice(1)).replace(/\s*\n\s*/g, ' ').replace(/\.$/, '')
}

function explain(
  problem: ByooError,
  environment: JunctionEnvironment | undefined,
  { services }: Facts,
): Finding {
  const kind = apiProblem(problem)
  const subject = environment === undefined ? noSubject : subjectOfEnvironment(environment)
  const { source, login: sendsLogin = true } = services.managementKey ?? {}
  const [login, whoami] = [services.command(undefined, 'login'), services.command(undefined, 'whoami')]
  const advice = problem.hint === undefined ? {} : { advice: `${asSentence(problem.hint)}.` }
  switch (kind) {
    case 'key-missing':
      return skip('key', subject, problem.message, {
        ...(sendsLogin
          ? { advice: 'Log in, or set JUNCTION_MANAGEMENT_KEY.', command: login }
          : { advice: 'Set JUNCTION_MANAGEMENT_KEY.', ...advice }),
      })
    case 'organisation-unknown':
      return skip('key', subject, problem.message, {
        advice: 'Add --org <uuid>, or write "org: <uuid>" into byoo.yaml; the Junction dashboard shows it.',
      })
    case 'management-key-invalid': {
      // A variable outranks a login, and a login goes to Junction only.
      if (source === undefined) return fail(kind, subject, problem.message, { command: login })
      if (!sendsLogin) {
        return fail(kind, subject, problem.message, {
          advice: `Set ${source} to a key for that host.`,
          command: whoami,
        })
      }
      return fail(kind, subject, problem.message, {
        advice: `Set ${source} to a management key of the Junction dashboard, or unset it and log in.`,
        command: login,
      })
    }
    case 'management-key-without-access':
      return fail(kind, subject, problem.message, { command: whoami })
    case 'junction-unreachable':
      return fail(kind, subject, problem.message, {
        ...advice,
        command: services.command(environment, 'credentials', 'list'),
      })
    default:
      return fail(kind, subject, problem.message, { ...advice, command: whoami })
  }
}

function checkApiKey(environments: readonly JunctionEnvironment[], { services }: Facts): Finding[] {
  if (!services.apiKey) return []
  const { kind, source } = services.apiKey
  const command = services.command(undefined, 'explain', '3')
  if (kind.kind !== 'team') {
    const what = kind.kind === 'management' ? 'a management key' : 'no key of Junction'
    const message = `${source} is ${what}, and a team API key is needed`
    return [fail('api-key-wrong-kind', noSubject, message, { command })]
  }
  const own = kind.environment
  if (environments.includes(own)) return [pass('key', subjectOfEnvironment(own), `${source} is for ${own}`)]
  const otherwise =
    services.management instanceof ByooError ? '.' : ', or unset it to use the management key.'
  const message = `${source} is a team API key for ${own}, not for ${environments.join(' or ')}`
  return [
    note('api-key-other-environment', noSubject, message, {
      advice: doctorFindings['api-key-other-environment'].advice.replace(/\.$/, otherwise),
      command,
    }),
  ]
}
