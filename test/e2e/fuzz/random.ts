/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** From 0 to `below` - 1. */
  integer(below: number): number
  pick<Item>(items: readonly Item[]): Item
  /** True in so many of a hundred calls. */
  percent(share: number): boolean
  /** So many characters, each a byte. */
  bytes(length: number): string
}

/** Mulberry32: small, and good enough to choose bytes. `stream` makes many sequences of one seed. */
export function createRandom(seed: number, stream = 0): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const integer = (below: number) => Math.floor(next() * below)
  return {
    integer,
    pick: (items) => items[integer(items.length)] as (typeof items)[number],
    percent: (share) => next() * 100 < share,
    bytes: (length) => Array.from({ length }, () => String.fromCharCode(integer(256))).join(''),
  }
}
