import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const repository = join(import.meta.dirname, '../..')

test("the page's script has no fault of type, in a browser's world", async () => {
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  const run = promisify(execFile)(process.execPath, [tsc, '--project', 'src/demo/page'], { cwd: repository })
  await expect(run.catch((error: { stdout: string }) => error)).resolves.toMatchObject({ stdout: '' })
})
