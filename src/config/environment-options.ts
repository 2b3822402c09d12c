import {
  environments,
  type JunctionEnvironment,
  junctionEnvironments,
  parseEnvironment,
  regions,
  splitEnvironment,
} from '../junction/environments.ts'
import { suggestion } from '../suggestion.ts'
import type { GivenOptions } from './options.ts'

/**
 * The environments that `--environment` and `--region` leave; undefined when neither is given. `--environment` is
 * `production/us`, or `production` with or without a `--region`. A flag that names both outranks `BYOO_REGION`.
 */
export function readEnvironmentOptions({ environment, region }: GivenOptions<'environment' | 'region'>): {
  readonly environments: readonly JunctionEnvironment[] | undefined
  readonly faults: readonly string[]
} {
  if (!environment && !region) return { environments: undefined, faults: [] }
  const faults: string[] = []
  const isWord = environments.some((name) => name === environment?.value)
  const whole = environment && !isWord ? parseEnvironment(environment.value) : undefined
  if (whole?.fault) faults.push(`${environment?.source}: ${whole.fault}`)
  const isFlag = environment?.source.startsWith('--') === true
  const outranked = whole?.environment !== undefined && isFlag && region?.source.startsWith('--') === false
  const counts = region !== undefined && !outranked
  if (counts && !regions.some((name) => name === region.value)) {
    faults.push(`${region.source}: must be us or eu${suggestion(region.value, regions)}`)
  } else if (counts && whole?.environment && splitEnvironment(whole.environment).region !== region.value) {
    faults.push(
      `${environment?.source} is ${whole.environment} and ${region.source} is ${region.value}: leave out ${region.source}`,
    )
  }
  const left = junctionEnvironments.filter((name) => {
    const parts = splitEnvironment(name)
    return (
      (whole === undefined || whole.environment === name) &&
      (!isWord || parts.environment === environment?.value) &&
      (!counts || parts.region === region.value)
    )
  })
  return { environments: faults.length === 0 ? left : undefined, faults }
}

/** What is wrong with the text of `--environment`: `production/us`, or `production` with `--region` beside it. */
export function environmentFault(text: string): string | undefined {
  return environments.some((name) => name === text) ? undefined : parseEnvironment(text).fault
}
