export { suggestion } from '../suggestion.ts'

/** One thing that is wrong in a configuration: where, as keys from the top, and what to do about it. */
export interface Fault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}
