import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { arch, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import manifest from '../../package.json' with { type: 'json' }
import { start } from '../bench/processes.ts'
import { startTimes } from '../bench/start-times.ts'
import { buildImage, type Docker, startDocker } from './docker.ts'
import { npm } from './nodes.ts'

// Measures tarball, single executable and image, and writes what it found into README.md, between the marker comments.

const { values: options } = parseArgs({ options: { node: { type: 'string', default: process.execPath } } })
const repository = join(import.meta.dirname, '../..')
const startMarker = '<!-- artefacts: written by npm run artefacts -->'
const endMarker = '<!-- artefacts end -->'
const rounds = 6
const visits = 5

/** Something to measure, and the Node.js that it is compared with. */
interface Subject {
  readonly name: string
  readonly size: string
  /** Program and arguments that come before those of byoo. */
  readonly byoo: readonly string[]
  readonly node: readonly string[]
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
const run = (program: string, ...argv: string[]) => execFileSync(program, argv, { cwd: repository })
const bytesOf = (path: string) => Number(run('du', '--bytes', '--summarize', path).toString().split('\t')[0])
const compressed = (file: string) =>
  Number(execFileSync('sh', ['-c', `gzip --stdout '${file}' | wc --bytes`]))

function makePackage(folder: string): Subject {
  run(options.node, npm, 'pack', '--ignore-scripts', '--silent', '--pack-destination', folder)
  const tarball = join(folder, `byoo-${manifest.version}.tgz`)
  run('tar', '--extract', '--gzip', '--file', tarball, '--directory', folder)
  const unpacked = (bytesOf(join(folder, 'package')) / 1e6).toFixed(1)
  return {
    name: 'package',
    size: `${Math.round(statSync(tarball).size / 1e3)} kB, unpacked ${unpacked} MB`,
    byoo: [options.node, join(folder, 'package', manifest.bin.byoo)],
    node: [options.node],
  }
}

function makeExecutable(folder: string): Subject {
  run(options.node, '--import', 'tsx', 'bin/pkg.ts', '--output', folder)
  const file = join(folder, 'byoo')
  return {
    name: 'single executable',
    size: `${megabytes(statSync(file).size)}, compressed ${megabytes(compressed(file))}`,
    byoo: [file],
    node: [options.node],
  }
}

/** The image's files in a folder: its processes without Docker, whose own start would hide theirs. */
async function makeImage({ folder, docker, execute, inspect, ...rest }: Docker): Promise<Subject> {
  const revision = run('git', 'rev-parse', 'HEAD').toString().trim()
  await buildImage({ folder, docker, execute, inspect, ...rest }, manifest.version, revision)
  const container = (await docker('create', 'byoo')).stdout.trim()
  const root = join(folder, 'root')
  mkdirSync(root)
  const archive = join(folder, 'image.tar')
  await docker('export', '--output', archive, container)
  run('tar', '--extract', '--file', archive, '--directory', root)
  const node = ['/usr/sbin/chroot', '--userspec=65532:65532', root, '/usr/local/bin/node']
  const { Size: bytes } = await inspect('byoo')
  return {
    name: 'image',
    size: `${megabytes(bytes)}, compressed ${megabytes(compressed(archive))}`,
    byoo: [...node, '/app/byoo.js'],
    node,
  }
}

const median = (values: number[]) => values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0

async function row({ name, size, byoo, node }: Subject, folder: string): Promise<string> {
  const version = run(node[0] ?? '', ...node.slice(1), '-p', 'process.version')
    .toString()
    .trim()
  const quote = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ')
  const commands = [['-e', '0'], ['--version'], ['--help'], ['providers']]
  const lines = commands.map((argv, index) => quote([...(index === 0 ? node : byoo), ...argv]))
  const [empty = 0, ...times] = startTimes(lines, rounds)
  const server = {
    identity: 'byoo' as const,
    name,
    node: undefined,
    installed: true,
    command: (port: number) => [
      ...[...byoo, 'serve', '--environment', 'production', '--region', 'us', '--host', '127.0.0.1'],
      ...['--port', String(port)],
    ],
  }
  const firstAnswers: number[] = []
  const memory: number[] = []
  for (let visit = 0; visit < visits; visit++) {
    const running = await start(server, { folder, pin: [], signal: new AbortController().signal })
    firstAnswers.push(running.firstAnswer)
    memory.push(running.memory())
    await running.stop()
  }
  const ratios = [...times, Math.min(...firstAnswers)].map((time) => (time / empty).toFixed(2))
  return `| ${name} | ${version.slice(1)} | ${size} | ${ratios.join(' | ')} | ${Math.round(median(memory))} MB |`
}

function write(table: string): void {
  const readme = join(repository, 'README.md')
  const [before = '', rest = ''] = readFileSync(readme, 'utf8').split(startMarker)
  const [, after] = rest.split(endMarker)
  if (after === undefined) throw new Error(`README.md lacks ${startMarker} or ${endMarker}`)
  writeFileSync(readme, `${before}${startMarker}\n${table}\n${endMarker}${after}`)
}

const folder = mkdtempSync(join(tmpdir(), 'byoo-artefacts-'))
const docker = await startDocker()
try {
  const subjects = [makePackage(folder), makeExecutable(join(folder, 'pkg')), await makeImage(docker)]
  const rows: string[] = []
  for (const subject of subjects) rows.push(await row(subject, folder))
  const table = [
    `| linux-${arch()} | Node | size | \`--version\` | \`--help\` | \`providers\` | first 307 | memory |`,
    '| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
    `Measured ${new Date().toISOString().slice(0, 10)} on ${cpus()[0]?.model.trim()}, ${cpus().length} cores, in the run`,
    'in which all three passed the same smoke test. Times are whole processes, as multiples of `node -e 0` on the same',
    `Node (hyperfine, the least median of ${rounds} interleaved rounds; the first 307 from spawn, the quickest of`,
    `${visits}); the image's without what Docker takes to start a container. Memory is resident, after the first answer.`,
  ].join('\n')
  write(table)
  console.log(table)
} finally {
  await docker.stop()
  rmSync(folder, { recursive: true })
}
