/** What a release is made from. */
export interface Release {
  readonly manifest: { readonly version: string; readonly repository?: unknown }
  readonly lock: {
    readonly version: string
    readonly packages: Readonly<Record<string, { version?: string }>>
  }
  /** Text of CHANGELOG.md. */
  readonly changelog: string
  /** The tag that is to be published; undefined for a rehearsal. */
  readonly tag: string | undefined
}

/** What stands in the way of a release; a rehearsal needs less than a tag. */
export function releaseFaults({ manifest, lock, changelog, tag }: Release): string[] {
  const { version } = manifest
  const faults: string[] = []
  for (const locked of [lock.version, lock.packages['']?.version]) {
    if (locked !== version) faults.push(`package-lock.json is of ${locked}, not ${version}: run npm install`)
  }
  const [newest, ...older] = readChangelog(changelog)
  if (!newest) return [...faults, 'CHANGELOG.md has no section: begin one with "## [Unreleased]"']
  const released = [newest, ...older].filter(({ name }) => name !== 'Unreleased')
  for (const { name, date } of released) {
    if (!date) faults.push(`CHANGELOG.md: [${name}] has no date: "## [${name}] - 2026-11-20"`)
  }
  if (newest.name === 'Unreleased' ? older.some(({ name }) => name === version) : newest.name !== version) {
    faults.push(
      `CHANGELOG.md begins with [${newest.name}], which is not what comes with ${version}: raise the version, or add its section`,
    )
  }
  if (newest.empty) faults.push(`CHANGELOG.md says nothing of [${newest.name}]`)
  if (tag === undefined) return faults
  if (tag !== `v${version}`) faults.push(`the tag is ${tag}, but package.json is of ${version}`)
  if (newest.name !== version) faults.push(`CHANGELOG.md has to begin with "## [${version}]" and its date`)
  if (!manifest.repository) {
    faults.push('package.json has no repository, which npm compares with where the package was built')
  }
  return faults
}

interface Section {
  readonly name: string
  readonly date: string | undefined
  readonly empty: boolean
}

function readChangelog(text: string): Section[] {
  return text
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [, name = '', date] = /^\[([^\]]+)\](?: - (\d{4}-\d\d-\d\d))?$/m.exec(section) ?? []
      return { name, date, empty: !/^- /m.test(section) }
    })
}
