import type { Switches } from '../fault-injection.ts'

/** An answer with strange fields and members added, and the missing field taken out. */
export function disguise(value: unknown, switches: Switches): unknown {
  const { strangeAnswers, missingField } = switches
  if (Array.isArray(value)) return value.map((item) => disguise(item, switches))
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value)
    .filter(([name]) => name !== missingField)
    .map(([name, item]): [string, unknown] => {
      if (strangeAnswers && (name === 'type' || name === 'status')) return [name, `made_up_${name}`]
      return [name, disguise(item, switches)]
    })
  return Object.fromEntries(strangeAnswers ? [...entries, ['made_up_field', { made: 'up' }]] : entries)
}
