import { hanging } from '../output/layout.ts'
import { type Case, groups } from './case.ts'
import { createPaint } from './paint.ts'
import { asciiJson, reportVersion } from './report-json.ts'

/** The cases as text: what is looked at and why. */
export function renderCases(cases: readonly Case[], width: number, colour: boolean): string {
  const paint = createPaint(colour)
  const column = Math.max(...cases.map(({ id }) => id.length)) + 4
  const lines = groups.flatMap((group) => {
    const inGroup = cases.filter((each) => each.group === group)
    if (inGroup.length === 0) return []
    return [
      paint('bold', group),
      ...inGroup.flatMap(({ id, title, why }) =>
        hanging(`  ${id}`.padEnd(column), `${title}. ${why}.`, width),
      ),
      '',
    ]
  })
  return `${lines.slice(0, -1).join('\n')}\n`
}

/** The cases as data. */
export function renderCasesJson(cases: readonly Case[]): string {
  const list = cases.map(({ id, group, title, why, advice }) => ({ id, group, title, why, advice }))
  return asciiJson({ version: reportVersion, cases: list })
}
