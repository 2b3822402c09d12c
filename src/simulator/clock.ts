/** The time as the simulator sees it, in milliseconds since 1970; it can be put forward instead of waiting. */
export interface Clock {
  now(): number
  /** Puts the clock forward by so many milliseconds. */
  forward(milliseconds: number): void
}

/** A clock that goes with the machine's until it is put forward. */
export function createClock(): Clock {
  let ahead = 0
  return {
    now: () => Date.now() + ahead,
    forward: (milliseconds) => {
      ahead += milliseconds
    },
  }
}
