import { expect, onTestFinished, vi } from 'vitest'
import type { AttemptView } from '../../src/demo/attempt.ts'
import type { DemoView } from '../../src/demo/backend.ts'
import { type Demo, startDemo } from '../../src/demo/demo.ts'
import type { ScenarioName } from '../../src/demo/scenarios.ts'
import type { JunctionEnvironment } from '../../src/junction/environments.ts'
import { type Step, walk } from './walk.ts'

/** A demo, and what the page and a person do with it. */
export interface DemoDriver {
  readonly demo: Demo
  describe(): Promise<DemoView>
  /** Starts an attempt as the page does. */
  begin(environment: JunctionEnvironment, broken: ScenarioName | null): Promise<{ id: string; url: string }>
  /** Starts an attempt and goes where the user goes. */
  connect(
    environment: JunctionEnvironment,
    broken: ScenarioName | null,
  ): Promise<{ id: string; steps: readonly Step[]; attempt: AttemptView }>
  /** The attempt as the page shows it now. */
  look(id: string): Promise<AttemptView>
  /** The attempt once doctor has said what it has to say. */
  lookAtEnd(id: string): Promise<AttemptView>
}

/** Starts a demo that ends with the test. */
export async function driveDemo(): Promise<DemoDriver> {
  const demo = await startDemo({ port: 0 })
  onTestFinished(() => demo.close())
  const read = async (path: string) => {
    const answer = await fetch(`${demo.url}${path}`)
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
    return answer.json()
  }
  const look = async (id: string) => (await read(`/attempts/${id}`)) as AttemptView
  const lookAtEnd = (id: string) =>
    vi.waitFor(
      async () => {
        const attempt = await look(id)
        expect(attempt.doctor.status).not.toBe('running')
        return attempt
      },
      { timeout: 20_000 },
    )
  const begin = async (environment: JunctionEnvironment, broken: ScenarioName | null) => {
    const answer = await fetch(`${demo.url}/attempts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ environment, scenario: broken }),
    })
    return (await answer.json()) as { id: string; url: string }
  }
  return {
    demo,
    describe: async () => (await read('/demo')) as DemoView,
    begin,
    connect: async (environment, broken) => {
      const { id, url } = await begin(environment, broken)
      const steps = await walk(url, broken === 'denied_consent' ? 'deny' : 'allow')
      return { id, steps, attempt: await lookAtEnd(id) }
    },
    look,
    lookAtEnd,
  }
}
