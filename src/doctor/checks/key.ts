import { ByooError } from '../../errors.ts'
import type { JunctionEnvironment } from '../../junction/environments.ts'
import type { Facts } from '../facts.ts'
import { adviceOf, fail, note, pass, type Result, skip } from '../findings.ts'
import { subjectOfEnvironment } from '../targets.ts'

/** Does Junction accept the keys, and are they of the right kind? What is the same everywhere is told once. */
export async function checkKeys(
  environments: readonly JunctionEnvironment[],
  facts: Facts,
): Promise<Result[]> {
  if (environments.length === 0) return []
  return [...(await checkManagementKey(environments, facts)), ...checkApiKey(environments, facts)]
}

async function checkManagementKey(
  environments: readonly JunctionEnvironment[],
  facts: Facts,
): Promise<Result[]> {
  const { management } = facts.services
  if (management instanceof ByooError) return [explain(management, undefined, facts)]
  const outcomes = await Promise.all(
    environments.map(async (environment) => ({ environment, ...(await facts.records(environment)) })),
  )
  const problems = outcomes.flatMap(({ environment, problem }) => (problem ? [{ environment, problem }] : []))
  const [first] = problems
  if (!first) return [pass('Junction accepts the management key')]
  const everywhere = environments.length > 1 && problems.length === environments.length
  if (everywhere && problems.every(({ problem }) => apiProblem(problem) === apiProblem(first.problem))) {
    return [explain(first.problem, undefined, facts)]
  }
  return problems.map(({ environment, problem }) => explain(problem, environment, facts))
}

/** What it means that the management API could not be used; undefined when there was nothing to ask it with. */
function apiProblem({ code, status }: ByooError) {
  switch (code) {
    case 'usage':
      return undefined
    case 'not_authenticated':
      return status === undefined ? undefined : 'management-key-invalid'
    case 'wrong_key':
      return 'management-key-invalid'
    case 'not_allowed':
      return 'management-key-without-access'
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
export function skippedBecause(problem: ByooError): Result {
  const kind = apiProblem(problem)
  if (kind) return skip(reasons[kind])
  return skip(problem.message, problem.code === 'usage' ? adviceOf(problem) : {})
}

function explain(
  problem: ByooError,
  environment: JunctionEnvironment | undefined,
  { services }: Facts,
): Result {
  const kind = apiProblem(problem)
  const about = environment && { subject: subjectOfEnvironment(environment) }
  if (!kind) return skip(problem.message, { ...about, ...adviceOf(problem) })
  // Of a key the general advice says where one comes from; whoami shows which one is used.
  const advice = kind.startsWith('junction-') ? adviceOf(problem) : {}
  return fail(kind, problem.message, {
    ...about,
    ...advice,
    command: services.command(environment, 'whoami'),
  })
}

/** Is the team API key, where one is given, for one of the environments? */
function checkApiKey(environments: readonly JunctionEnvironment[], { services }: Facts): Result[] {
  if (!services.apiKey) return []
  const { kind, source } = services.apiKey
  const command = services.command(undefined, 'explain', '3')
  if (kind.kind !== 'team') {
    const what = kind.kind === 'management' ? 'a management key' : 'no key of Junction'
    const message = `${source} is ${what}, and a team API key is needed`
    return [fail('api-key-wrong-kind', message, { command })]
  }
  const own = kind.environment
  if (environments.includes(own))
    return [pass(`${source} is for ${own}`, { subject: subjectOfEnvironment(own) })]
  const message = `${source} is a team API key for ${own}, not for ${environments.join(' or ')}`
  return [note('api-key-other-environment', message, { command })]
}
