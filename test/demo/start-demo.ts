import { expect, onTestFinished, vi } from 'vitest'
import type { AttemptView } from '../../src/demo/attempt.ts'
import type { DemoView } from '../../src/demo/backend.ts'
import { startDemo } from '../../src/demo/demo.ts'
import type { ScenarioName } from '../../src/demo/scenarios.ts'
import type { JunctionEnvironment } from '../../src/junction/environments.ts'
import { walk } from './walk.ts'

/** Starts a demo that ends with the test, and does what the page and a person do with it. */
export async function driveDemo() {
  const demo = await startDemo({ port: 0 })
  onTestFinished(() => demo.close())
  const read = async (path: string) => {
    const answer = await fetch(`${demo.url}${path}`)
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
    return answer.json()
  }
  /** The attempt as the page shows it now. */
  const look = async (id: string) => (await read(`/attempts/${id}`)) as AttemptView
  /** The attempt once doctor has said what it has to say. */
  const lookAtEnd = (id: string) =>
    vi.waitFor(
      async () => {
        const attempt = await look(id)
        expect(attempt.doctor.status).not.toBe('running')
        return attempt
      },
      { timeout: 20_000 },
    )
  /** Starts an attempt as the page does. */
  const begin = async (environment: JunctionEnvironment, scenario: ScenarioName | null) => {
    const answer = await fetch(`${demo.url}/attempts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ environment, scenario }),
    })
    const started = (await answer.json()) as { id: string; url: string; error?: string }
    return { status: answer.status, ...started }
  }
  /** Starts an attempt and goes where the user goes. */
  const connect = async (environment: JunctionEnvironment, scenario: ScenarioName | null) => {
    const { id, url } = await begin(environment, scenario)
    const steps = await walk(url, scenario === 'denied_consent' ? 'deny' : 'allow')
    return { id, steps, attempt: await lookAtEnd(id) }
  }
  const describe = async () => (await read('/demo')) as DemoView
  return { demo, describe, begin, connect, look, lookAtEnd }
}
