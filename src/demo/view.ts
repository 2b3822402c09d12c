import type { JunctionEnvironment } from '../junction/environments.ts'
import type { Party } from './scenarios.ts'

/** A stretch of bytes as they went over the wire; `changed` when they differ from what they should be. */
export interface Piece {
  readonly text: string
  readonly changed: boolean
}

/** One scenario as the page offers it. */
export interface ScenarioView {
  readonly id: string
  readonly title: string
  readonly wrong: string
}

/** What the page shows before anything is tried. */
export interface DemoView {
  readonly version: string
  readonly environments: readonly EnvironmentView[]
  readonly scenarios: readonly ScenarioView[]
  /** The scenario that is on, if one is: for the shell, too. */
  readonly active: ScenarioView | null
  /** Newest first. */
  readonly attempts: readonly AttemptSummary[]
}

export interface EnvironmentView {
  readonly environment: JunctionEnvironment
  /** Junction's real host, which is not used here. */
  readonly host: string
  /** What is registered at Acme Fit. */
  readonly redirectUri: string
  /** Where the forwarder sends it on to. */
  readonly target: string
  /** For a shell: with it, the commands talk to this demo. */
  readonly shellLine: string
  /** Commands worth trying after it. */
  readonly commands: readonly CommandView[]
  /** What the line sets. */
  readonly variables: Readonly<Record<string, string>>
}

export interface CommandView {
  readonly command: string
  readonly does: string
}

export interface AttemptSummary {
  readonly id: string
  /** Counted from 1. */
  readonly number: number
  readonly environment: JunctionEnvironment
  /** Title of the scenario. */
  readonly title: string
  readonly outcome: Outcome
}

/**
 * `under way`: the user is at Acme Fit. `connected`, `failed`: the user came back. `stuck on an error page`: no way
 * leads back to the app. `replaced`: another attempt was started before this one came to an end.
 */
export type Outcome = 'under way' | 'connected' | 'failed' | 'stuck on an error page' | 'replaced'

/** One attempt to connect a user. */
export interface AttemptView extends AttemptSummary {
  readonly scenario: ScenarioView | null
  /** Junction's id of the user, once there is one. */
  readonly userId: string | null
  /** What the end user sees. */
  readonly seen: SeenView | null
  /** Who noticed that something is wrong, and how. */
  readonly noticed: NoticedView | null
  /** Bytes that should be equal and are not. */
  readonly comparison: ComparisonView | null
  readonly hops: readonly HopView[]
  readonly doctor: DoctorView
}

export interface SeenView {
  /** Where it is seen. */
  readonly at: Party
  readonly title: string
  readonly text: string
  /** What the app's address was called with. */
  readonly parameters: readonly (readonly [string, string])[]
  /** The error type explained, as `byoo explain` does. */
  readonly explanation: { readonly code: string; readonly meaning: string; readonly advice: string } | null
}

export interface NoticedView {
  readonly by: Party
  readonly text: string
}

export interface ComparisonView {
  readonly title: string
  readonly expected: LabelledBytes
  readonly received: LabelledBytes
}

export interface LabelledBytes {
  readonly label: string
  readonly bytes: readonly Piece[]
}

export interface HeaderView {
  readonly name: string
  readonly value: readonly Piece[]
}

/** One request and its answer. */
export interface HopView {
  readonly from: Party
  readonly to: Party
  /** What the hop is for. */
  readonly title: string
  readonly method: string
  readonly target: readonly Piece[]
  /** Those of the request that tell something. */
  readonly headers: readonly HeaderView[]
  /** Body of the request. */
  readonly body: string | null
  /** Null when there was no answer. */
  readonly status: number | null
  readonly location: readonly Piece[] | null
  /** What was noticed here. */
  readonly fault: string | null
}

export interface DoctorView {
  readonly command: string
  readonly status: 'later' | 'running' | 'done' | 'failed'
  readonly findings: readonly FindingView[]
  /** How many checks passed. */
  readonly passed: number
  /** What doctor cannot know about this scenario, and what shows it; null when doctor finds it. */
  readonly undetectable: string | null
  /** Why there are no findings. */
  readonly reason: string | null
}

export interface FindingView {
  readonly status: 'failed' | 'note' | 'skipped' | 'manual'
  readonly message: string
  readonly advice: string | null
  readonly command: string | null
}
