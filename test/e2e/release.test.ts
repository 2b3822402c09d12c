import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { emptyFolder } from '../run.ts'

const repository = join(import.meta.dirname, '../..')

/** Runs release.sh's part for the image with programs that only note how they were called. */
function releaseImage(version: string) {
  const folder = emptyFolder()
  for (const name of ['.github', 'release', 'programs']) mkdirSync(join(folder, name))
  for (const name of ['.github/release.sh', 'Dockerfile']) {
    cpSync(join(repository, name), join(folder, name))
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version }))
  const note = `printf '%s\\n' "$(basename "$0") $*" >>"${folder}/calls"\n`
  const docker = `case "$2" in
    imagetools) echo "sha256:of-$4" ;;
    build) echo '{ "containerimage.digest": "sha256:image" }' >release/metadata.json ;;
  esac\n`
  for (const [name, script] of Object.entries({ docker, cosign: '' })) {
    writeFileSync(join(folder, 'programs', name), `#!/bin/sh\n${note}${script}`, { mode: 0o755 })
  }
  execFileSync('bash', [join(folder, '.github/release.sh'), 'image'], {
    env: {
      PATH: `${join(folder, 'programs')}:${process.env.PATH}`,
      GITHUB_REPOSITORY: 'Made-Up/byoo',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_SHA: 'abc',
      GITHUB_ACTOR: 'made-up',
      GITHUB_TOKEN: 'made-up-token',
    },
  })
  return {
    record: JSON.parse(readFileSync(join(folder, `release/byoo-${version}-image.json`), 'utf8')),
    calls: readFileSync(join(folder, 'calls'), 'utf8').split('\n'),
  }
}

const image = 'ghcr.io/made-up/byoo'

test('an image is built on digests, which are recorded, and gets every tag people ask for', () => {
  const { record, calls } = releaseImage('1.2.3')
  const bases = {
    build: 'node:26-trixie-slim@sha256:of-node:26-trixie-slim',
    runtime: 'gcr.io/distroless/cc-debian13:nonroot@sha256:of-gcr.io/distroless/cc-debian13:nonroot',
  }
  expect(record).toEqual({
    image: `${image}@sha256:image`,
    tags: ['1.2.3', '1.2', '1', 'latest'],
    bases,
  })
  const build = calls.find((call) => call.startsWith('docker buildx build '))
  for (const words of [
    ...record.tags.map((tag: string) => `--tag=${image}:${tag}`),
    `--build-arg BUILD_IMAGE=${bases.build}`,
    `--build-arg RUNTIME_IMAGE=${bases.runtime}`,
    '--build-arg SOURCE=https://github.com/Made-Up/byoo',
  ]) {
    expect(build).toContain(` ${words} `)
  }
  expect(calls).toContain(`cosign sign --yes ${image}@sha256:image`)
  expect(calls.join('\n')).not.toContain('made-up-token')
})

test('a version that is still tried out gets no tag but its own', () => {
  expect(releaseImage('2.0.0-rc.1').record.tags).toEqual(['2.0.0-rc.1'])
})
