import { ByooError, usageError } from '../../errors.ts'

/** Collects what a command needs, so that all that is missing is one error and not one in each run. */
export interface Needs {
  /** What this gives; undefined when it fails, which is told by `all`. */
  read<Value>(read: () => Value): Value | undefined
  /** Has something been missing so far? */
  readonly missing: boolean
  /** What was read, or the one error. */
  all<Found extends object>(found: Found): { readonly [Key in keyof Found]: NonNullable<Found[Key]> }
}

export function createNeeds(): Needs {
  const faults: ByooError[] = []
  return {
    read: (read) => {
      try {
        return read()
      } catch (error) {
        if (!(error instanceof ByooError)) throw error
        faults.push(error)
        return undefined
      }
    },
    get missing() {
      return faults.length > 0
    },
    all: (found) => {
      const [fault, another] = faults
      if (another) {
        const lines = faults.flatMap(({ message, hint = '' }) => [
          `  ${message.replaceAll('\n', '\n  ')}`,
          hint.replace(/^/gm, '    '),
        ])
        throw usageError([`${faults.length} things are missing:`, ...lines].join('\n'))
      }
      if (fault) throw fault
      return found as { [Key in keyof typeof found]: NonNullable<(typeof found)[Key]> }
    },
  }
}
