/** Options as text, by commander's camel-case name, each with the flag or variable it came from. */
export type GivenOptions<Name extends string> = Partial<Record<Name, { value: string; source: string }>>

/** Merges flags with environment variables: `--max-target`, else `BYOO_MAX_TARGET`. An empty variable counts as unset. */
export function givenOptions<Name extends string>(
  names: readonly Name[],
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): GivenOptions<Name> {
  const given: GivenOptions<Name> = {}
  for (const name of names) {
    const words = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    const variable = `BYOO_${words.replaceAll('-', '_').toUpperCase()}`
    const flag = flags[name]
    if (typeof flag === 'string') given[name] = { value: flag, source: `--${words}` }
    else if (env[variable]) given[name] = { value: env[variable], source: variable }
  }
  return given
}
