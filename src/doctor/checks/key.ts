import { ByooError } from '../../errors.ts'
import type { Facts } from '../facts.ts'
import { everything, type Finding, found, type Subject, wrong } from '../finding.ts'
import type { Services } from '../services.ts'
import { combination, type Place, subjectOfPlace } from '../subjects.ts'
import { asSentence, troubleOf } from '../trouble.ts'

/** Does Junction let us in, and are the keys of the right kind? What is the same everywhere is told once. */
export async function checkKeys(places: readonly Place[], facts: Facts): Promise<Finding[]> {
  if (places.length === 0) return []
  return [...(await managementKey(places, facts)), ...apiKey(places, facts)]
}

async function managementKey(places: readonly Place[], facts: Facts): Promise<Finding[]> {
  const { management } = facts.services
  if (management instanceof ByooError) return [explain(management, everything, facts)]
  const outcomes = await Promise.all(
    places.map(async (place) => ({ place, problem: (await facts.records(place)).problem })),
  )
  const troubled = outcomes.flatMap(({ place, problem }) =>
    problem ? [{ place, problem, id: troubleOf(problem) }] : [],
  )
  const [first] = troubled
  if (!first) return [found('management-key-accepted', everything, 'Junction accepts the management key')]
  if (places.length > 1 && troubled.length === places.length && troubled.every(({ id }) => id === first.id)) {
    return [explain(first.problem, everything, facts)]
  }
  return troubled.map(({ place, problem }) => explain(problem, subjectOfPlace(place), facts))
}

function explain(problem: ByooError, subject: Subject, { services }: Facts): Finding {
  const id = troubleOf(problem)
  const { environment, region } = subject
  const place = environment && region ? { environment, region } : undefined
  const { message } = problem
  const look = services.command(place, 'credentials', 'list')
  const { source, login: sendsLogin = true } = services.managementKey ?? {}
  switch (id) {
    case 'management-key-missing':
      return found(
        id,
        subject,
        `${message}, so nothing that Junction holds can be looked at`,
        sendsLogin
          ? {
              advice: 'Log in, or set JUNCTION_MANAGEMENT_KEY.',
              command: services.command(undefined, 'login'),
            }
          : { advice: `${asSentence(problem.hint ?? 'set JUNCTION_MANAGEMENT_KEY')}.` },
      )
    case 'organisation-unknown':
      return found(id, subject, `${message}, so nothing that Junction holds can be looked at`, {
        advice: 'Add --org <uuid>, or write "org: <uuid>" into byoo.yaml; the Junction dashboard shows it.',
      })
    case 'management-key-wrong-kind':
    case 'management-key-refused':
      return wrong(id, subject, message, keyAdvice(source, sendsLogin, services))
    case 'management-key-without-role':
      return wrong(id, subject, message, {
        advice:
          'Use a key of this organisation that may see this team; without a plan that has the API, compare the dashboard.',
        command: services.command(undefined, 'whoami'),
      })
    case 'junction-unreachable':
      return wrong(id, subject, message, {
        advice: `${asSentence(problem.hint ?? 'check the network')}.`,
        command: look,
      })
    default:
      return wrong(id, subject, message, {
        advice: `${asSentence(problem.hint ?? 'compare organisation and team with the Junction dashboard')}.`,
        command: services.command(undefined, 'whoami'),
      })
  }
}

/** A variable outranks a login, and a login goes to Junction only. */
function keyAdvice(source: string | undefined, sendsLogin: boolean, { command }: Services) {
  const login = command(undefined, 'login')
  if (source === undefined) {
    return { advice: 'Make a management key in the Junction dashboard, and log in with it.', command: login }
  }
  return sendsLogin
    ? {
        advice: `Set ${source} to a management key of the Junction dashboard, or unset it and log in.`,
        command: login,
      }
    : { advice: `Set ${source} to a key for that host.`, command: command(undefined, 'whoami') }
}

function apiKey(places: readonly Place[], { services }: Facts): Finding[] {
  if (!services.apiKey) return []
  const { kind, source } = services.apiKey
  const command = services.command(undefined, 'explain', '3')
  if (kind.kind !== 'team') {
    const what = kind.kind === 'management' ? 'a management key' : 'no key of Junction'
    return [
      wrong('api-key-wrong-kind', everything, `${source} is ${what}, and a team API key is needed`, {
        advice: 'Set it to the team API key of the environment and region; it starts with pk_ or sk_.',
        command,
      }),
    ]
  }
  const { environment, region } = kind
  const where = `${environment}/${region}`
  if (places.some((place) => combination(place) === where)) {
    return [found('api-key-usable', { ...everything, environment, region }, `${source} is for ${where}`)]
  }
  const wanted = places.map(combination).join(' and ')
  const otherwise = services.management instanceof ByooError ? '' : ', or unset it to use the management key'
  return [
    found('api-key-other-place', everything, `${source} is a team API key for ${where}, not for ${wanted}`, {
      advice: `Links are made with it: set it to the team API key of the same environment and region${otherwise}.`,
      command,
    }),
  ]
}
