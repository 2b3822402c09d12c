import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { arch, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { writePart } from '../../docs/parts.ts'
import manifest from '../../package.json' with { type: 'json' }
import { startTimes } from '../bench/start-times.ts'
import { ask } from '../raw-http.ts'
import { buildImage, type Docker, startDocker } from './docker.ts'
import { npm } from './nodes.ts'

// Measures tarball, single executable and image, and writes what it found into docs/deploy.md.

const { values: options } = parseArgs({ options: { node: { type: 'string', default: process.execPath } } })
const repository = join(import.meta.dirname, '../..')
const rounds = 10
const visits = 40

/** Something to measure, and the Node.js that it is compared with. */
interface Subject {
  readonly name: string
  readonly size: string
  /** Program and arguments that come before those of byoo. */
  readonly byoo: readonly string[]
  readonly node: readonly string[]
  /** The file that Linux maps into memory. */
  readonly program: string
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
const run = (program: string, ...argv: string[]) => execFileSync(program, argv, { cwd: repository })
const bytesOf = (path: string) => Number(run('du', '--bytes', '--summarize', path).toString().split('\t')[0])
const compressed = (file: string) =>
  Number(execFileSync('sh', ['-c', `gzip --stdout '${file}' | wc --bytes`]))

/** Drops a program just written or read from the page cache: Linux else maps more of it than is needed. */
function settle(file: string): void {
  run('sync', file)
  run('dd', `if=${file}`, 'iflag=nocache', 'count=0', 'status=none')
}

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
    program: options.node,
  }
}

function makeExecutable(folder: string): Subject {
  run(options.node, '--import', 'tsx', 'bin/pkg.ts', '--output', folder)
  const file = join(folder, 'byoo')
  const size = `${megabytes(statSync(file).size)}, compressed ${megabytes(compressed(file))}`
  return {
    name: 'single executable',
    size,
    program: file,
    byoo: [file],
    node: [options.node],
  }
}

/** The image's files in a folder: its processes without Docker, whose own start would hide theirs. */
async function makeImage({ folder, docker, execute, inspect, ...rest }: Docker): Promise<Subject> {
  const revision = run('git', 'rev-parse', 'HEAD').toString().trim()
  await buildImage(
    { folder, docker, execute, inspect, ...rest },
    { VERSION: manifest.version, REVISION: revision },
  )
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
    program: join(root, 'usr/local/bin/node'),
  }
}

/** Starts serve; milliseconds from spawn to the first 307, and then its resident memory in MB. */
async function visit(byoo: readonly string[]): Promise<{ firstAnswer: number; memory: number }> {
  const [program = '', ...argv] = [...byoo, 'serve', '--environment', 'production/us']
  const begun = performance.now()
  const child = spawn(program, [...argv, '--host', '127.0.0.1', '--port', '0'], {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const port = Number(new URL(JSON.parse(line).address).port)
  const request = 'GET /oauth_callback/strava HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'
  const { status } = await ask(port, request)
  const firstAnswer = performance.now() - begun
  if (status !== 307) throw new Error(`answered ${status}`)
  const memory = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))
  child.kill()
  await once(child, 'close')
  return { firstAnswer, memory: Number(memory?.[1]) / 1024 }
}

async function row({ name, size, byoo, node, program }: Subject): Promise<string> {
  const version = run(node[0] ?? '', ...node.slice(1), '-p', 'process.versions.node')
    .toString()
    .trim()
  const quote = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ')
  const commands = [['--version'], ['--help'], ['providers']].map((argv) => quote([...byoo, ...argv]))
  const [empty = 0, ...times] = startTimes([quote([...node, '-e', '0']), ...commands], rounds)
  let firstAnswer = Number.POSITIVE_INFINITY
  for (let count = 0; count < visits; count++) {
    firstAnswer = Math.min(firstAnswer, (await visit(byoo)).firstAnswer)
  }
  settle(program)
  const { memory } = await visit(byoo)
  const ratios = [...times, firstAnswer].map((time) => (time / empty).toFixed(2))
  return `| ${name} | ${version} | ${size} | ${ratios.join(' | ')} | ${Math.round(memory)} MB |`
}

const folder = mkdtempSync(join(tmpdir(), 'byoo-artefacts-'))
const docker = await startDocker()
try {
  const subjects = [makePackage(folder), makeExecutable(join(folder, 'pkg')), await makeImage(docker)]
  const rows: string[] = []
  for (const subject of subjects) rows.push(await row(subject))
  const table = [
    `| linux-${arch()} | Node | size | \`--version\` | \`--help\` | \`providers\` | first 307 | memory |`,
    '| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
    `Measured ${new Date().toISOString().slice(0, 10)} on ${cpus()[0]?.model.trim()}, ${cpus().length} cores, in the run`,
    'in which all three passed the same smoke test. Times are those of whole processes (hyperfine) and from spawn to the',
    'first 307, as multiples of `node -e 0` on the same Node; the quickest of many, since other work on the machine only',
    "adds. The image's are without what Docker takes to start a container. Memory is resident, after the first answer.",
  ].join('\n')
  writePart(join(repository, 'docs/deploy.md'), 'artefacts', table)
  console.log(table)
} finally {
  await docker.stop()
  rmSync(folder, { recursive: true })
}
