import { partName, partValue } from './query.ts'
import { inside, insideOrNothing, keep, parts, type Rewrite, rewrite } from './rewrite.ts'

function joinDuplicates(separator: string): (text: string) => string {
  return parts((all) => {
    const joined = new Map<string, string>()
    for (const part of all) {
      const earlier = joined.get(partName(part))
      joined.set(partName(part), earlier === undefined ? part : `${earlier}${separator}${partValue(part)}`)
    }
    return [...joined.values()]
  })
}

function uniqueNames({ last, moved }: { last: boolean; moved: boolean }): (text: string) => string {
  return parts((all) => {
    const kept = new Map<string, string>()
    for (const part of all) {
      const name = partName(part)
      if (!last && kept.has(name)) continue
      if (moved) kept.delete(name)
      kept.set(name, part)
    }
    return [...kept.values()]
  })
}

function groupByName(all: readonly string[]): readonly string[] {
  const groups = new Map<string, string[]>()
  for (const part of all) groups.set(partName(part), [...(groups.get(partName(part)) ?? []), part])
  return [...groups.values()].flat()
}

/** Byte order, as most languages sort. */
function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

const sortByName = parts((all) => all.toSorted((left, right) => compare(partName(left), partName(right))))

/** What happens to whole parameters and to the `?`, the most usual first. */
export const parameterRewrites: readonly Rewrite[] = [
  rewrite('query-lost', 'the query is not appended', () => ''),
  rewrite('question-mark-added', '"?" and the query appended to every answer', (query) => query || '?'),
  rewrite('question-mark-dropped', 'an empty query taken for none', (query) => (query === '?' ? '' : query)),
  rewrite('question-mark-dropped', 'a second leading "?" dropped', (query) => query.replace(/^\?+/, '?')),
  rewrite('question-mark-dropped', 'a split at every "?"', (query) => /^\??[^?]*/.exec(query)?.[0] ?? query),
  rewrite('question-mark-lost', 'the query appended without its "?"', (query) => query.replace(/^\?/, '')),
  rewrite('duplicates-joined', 'repeated names joined with a comma', inside(joinDuplicates(','))),
  rewrite('duplicates-joined', 'repeated names joined with comma and space', inside(joinDuplicates(', '))),
  rewrite(
    'duplicates-dropped',
    'a map that keeps the last value',
    inside(uniqueNames({ last: true, moved: false })),
  ),
  rewrite(
    'duplicates-dropped',
    'a map that keeps the first value',
    inside(uniqueNames({ last: false, moved: false })),
  ),
  rewrite(
    'duplicates-dropped',
    'a map that keeps the last value',
    inside(uniqueNames({ last: true, moved: true })),
  ),
  rewrite('reordered', 'parameters grouped by name', inside(parts(groupByName))),
  rewrite('reordered', 'parameters sorted by name', inside(sortByName)),
  rewrite('reordered', 'parameters sorted', inside(parts((all) => all.toSorted(compare)))),
  rewrite('reordered', 'parameters reversed', inside(parts((all) => all.toReversed()))),
  rewrite('empty-dropped', 'empty parts dropped', insideOrNothing(keep((part) => part !== ''))),
  rewrite(
    'empty-dropped',
    'parameters without a value dropped',
    insideOrNothing(keep((part) => partValue(part) !== '')),
  ),
  rewrite(
    'empty-dropped',
    'parameters without a name or a value dropped',
    insideOrNothing(keep((part) => partValue(part) !== '' && partName(part) !== '')),
  ),
  rewrite(
    'empty-dropped',
    'parameters without a name dropped',
    inside(keep((part) => partName(part) !== '')),
  ),
  rewrite('empty-dropped', 'a trailing & dropped', (query) => query.replace(/&$/, '')),
  rewrite(
    'equals-added',
    '"=" added to names without one',
    inside(parts((all) => all.map((part) => (part === '' || part.includes('=') ? part : `${part}=`)))),
  ),
  rewrite('query-doubled', 'the query appended twice, with &', (query) =>
    query.length > 1 ? `${query}&${query.slice(1)}` : query,
  ),
  rewrite('query-doubled', 'the query appended twice', (query) => query + query),
  rewrite(
    'prototype-names-dropped',
    'a parser that protects Object.prototype, such as qs',
    inside(keep((part) => !['__proto__', 'constructor'].includes(partName(part)))),
  ),
  rewrite(
    'prototype-names-dropped',
    'an object literal',
    inside(keep((part) => partName(part) !== '__proto__')),
  ),
  rewrite(
    'semicolon-changed',
    'a parser that drops parts with ;',
    inside(keep((part) => !part.includes(';'))),
  ),
]
