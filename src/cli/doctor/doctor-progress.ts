import type { Listener, Task } from '../../doctor/doctor.ts'
import type { Subject } from '../../doctor/findings.ts'
import { groupOf } from '../../doctor/report-text.ts'
import type { Session } from '../session.ts'

/** Milliseconds between two pictures. */
const frameTime = 100
const frames = ['-', '\\', '|', '/']
/** Rows of the list, so that it fits into a small terminal. */
const mostRows = 16

interface Row {
  readonly name: string
  readonly tasks: Map<string, Task['state']>
  failed: number
  notes: number
}

/** A list on the terminal of what is looked at and how it goes; it disappears when it is closed. */
export interface DoctorProgress extends Listener {
  /** Takes the list away for a moment, so that something can be said on stderr. */
  aside(say: () => void): void
  close(): void
}

/** Shows the list on stderr when that is a terminal, and nothing else is written there meanwhile. */
export function showDoctorProgress({ context, output, errorStyle }: Session): DoctorProgress {
  const { stderr, columns } = context
  if (!context.stderrIsTerminal || output.quiet || output.verbose || columns === undefined) {
    return { aside: (say) => say(), close: () => undefined }
  }
  const rows = new Map<string, Row>()
  const rowOf = (subject: Subject) => {
    const name = groupOf(subject)
    const row = rows.get(name) ?? { name, tasks: new Map(), failed: 0, notes: 0 }
    rows.set(name, row)
    return row
  }
  let drawn = 0
  let frame = 0
  const draw = () => {
    frame += 1
    const lines = picture([...rows.values()], frame).map(({ mark, text }) => {
      const line = `  ${mark.padEnd(7)}${text}`.slice(0, columns - 1)
      return mark === 'FAILED' ? errorStyle.red(line) : mark === 'ok' ? errorStyle.green(line) : line
    })
    stderr.write(`${erase(drawn)}${lines.map((line) => `${line}\n`).join('')}`)
    drawn = lines.length
  }
  const timer = setInterval(draw, frameTime)
  timer.unref()
  return {
    onTask: ({ check, subject, state }) => {
      // A check may be made for several routes of one place.
      rowOf(subject).tasks.set(`${check} ${subject.route ?? ''}`, state)
    },
    onFinding: ({ subject, status }) => {
      const row = rowOf(subject)
      if (status === 'failed') row.failed += 1
      if (status === 'note') row.notes += 1
    },
    aside: (say) => {
      stderr.write(erase(drawn))
      drawn = 0
      say()
    },
    close: () => {
      clearInterval(timer)
      stderr.write(erase(drawn))
    },
  }
}

/** Back to where the list began, and everything from there on cleared. */
function erase(lines: number): string {
  return lines === 0 ? '' : `\u001b[${lines}A\r\u001b[J`
}

function picture(rows: readonly Row[], frame: number): { mark: string; text: string }[] {
  const pictures = rows.map((row) => ({ ...describe(row, frame), row }))
  const shown = pictures.toSorted((left, right) => Number(left.mark === 'ok') - Number(right.mark === 'ok'))
  if (rows.length <= mostRows) return pictures
  const kept = new Set(shown.slice(0, mostRows - 1))
  const left = rows.length - kept.size
  return [...pictures.filter((one) => kept.has(one)), { mark: '', text: `and ${left} more` }]
}

function describe({ name, tasks, failed, notes }: Row, frame: number): { mark: string; text: string } {
  const entries = [...tasks]
  const done = entries.filter(([, state]) => state === 'done').length
  const running = entries.filter(([, state]) => state === 'running').map(([task]) => task.split(' ')[0])
  if (done === entries.length) {
    if (failed > 0) return { mark: 'FAILED', text: name }
    return { mark: notes > 0 ? 'note' : 'ok', text: name }
  }
  const turning = frames[frame % frames.length]
  const doing = running.length > 0 ? `: ${[...new Set(running)].join(', ')}` : ''
  return {
    mark: `${turning} ${done}/${entries.length}`,
    text: `${name}${doing}${failed > 0 ? ` (${failed} failed)` : ''}`,
  }
}
