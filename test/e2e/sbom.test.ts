import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

const repository = join(import.meta.dirname, '../..')

function bill(...options: string[]) {
  const argv = ['--import', 'tsx', '.github/sbom.ts', ...options]
  return JSON.parse(execFileSync(process.execPath, argv, { cwd: repository, encoding: 'utf8' }))
}

interface Component {
  readonly name: string
  readonly version: string
}
const titles = (components: Component[]) => components.map(({ name, version }) => `${name} ${version}`)

test('the bill of materials names what is bundled, no more and no less', () => {
  const { bomFormat, metadata, components, dependencies } = bill()
  expect(bomFormat).toBe('CycloneDX')
  expect(metadata.component).toMatchObject({
    name: 'byoo',
    version: manifest.version,
    purl: `pkg:npm/byoo@${manifest.version}`,
  })
  const licences = readFileSync(join(repository, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8')
  const headings = [...licences.matchAll(/(?:^-{80}\n\n|packages\.\n\n)(\S+ [\d.]+) \(.*\)$/gm)]
  expect(headings.length).toBeGreaterThan(10)
  expect(titles(components).sort()).toEqual(headings.map(([, title]) => title).sort())
  for (const component of components) {
    expect(component).toMatchObject({
      scope: 'required',
      purl: `pkg:npm/${component.name.replace('@', '%40')}@${component.version}`,
      hashes: [{ alg: 'SHA-512' }],
      licenses: [{ license: { id: expect.any(String) } }],
    })
    expect(JSON.stringify(component)).not.toContain('development')
  }
  const references = components.map((component: { 'bom-ref': string }) => component['bom-ref'])
  const graph = dependencies.map(({ ref }: { ref: string }) => ref)
  expect(graph.sort()).toEqual([metadata.component['bom-ref'], ...references].sort())
  const reached = dependencies.flatMap(({ dependsOn }: { dependsOn: string[] }) => dependsOn)
  expect([...new Set(reached)].sort()).toEqual(references.sort())
})

test('with Node.js, it names that as well', () => {
  const bundled = titles(bill().components)
  expect(titles(bill('--node', '26.1.0').components)).toEqual([...bundled, 'node 26.1.0'])
})
