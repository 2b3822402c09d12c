import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Result } from 'axe-core'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { expect, onTestFinished } from 'vitest'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Debian's Chromium, which talks to nobody but the pages that it is shown. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.BYOO_TEST_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** A page of a fresh browser profile, and all that it complains of. */
export interface Watched {
  readonly page: Page
  readonly context: BrowserContext
  /** Faults of scripts, breaches of a content security policy, and every other error on the console. */
  readonly complaints: string[]
  /** Hosts that anything was asked of. */
  readonly hosts: Set<string>
}

/** Opens a page that goes away with the test. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext(options)
  onTestFinished(() => context.close())
  const complaints: string[] = []
  const hosts = new Set<string>()
  context.on('request', (request) => hosts.add(new URL(request.url()).hostname))
  context.on('weberror', (error) => complaints.push(String(error.error())))
  context.on('console', (message) => {
    // Chromium reports every 4xx of a page that is expected to be one.
    const isStatus = /^Failed to load resource: the server responded with a status of 4/.test(message.text())
    if (message.type() === 'error' && !isStatus) complaints.push(message.text())
  })
  return { page: await context.newPage(), context, complaints, hosts }
}

/** Has axe look at the whole page; there must be nothing to find. */
export async function checkAccessibility(page: Page): Promise<void> {
  // Not a script element: the pages' content security policy would not let it run.
  await page.evaluate(axe)
  const violations: Result[] = await page.evaluate(
    'axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then((results) => results.violations)',
  )
  expect(
    violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`,
    ),
  ).toEqual([])
}

/** Nothing may stick out to the right. */
export async function checkWidth(page: Page): Promise<void> {
  const [content, window] = (await page.evaluate(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  )) as [number, number]
  expect(content).toBeLessThanOrEqual(window)
}

/** The same picture without a loss in two thirds of the octets. */
export async function toWebp(browser: Browser, png: Buffer): Promise<Buffer> {
  const page = await browser.newPage()
  const url: string = await page.evaluate(`(async () => {
    const image = new Image()
    image.src = 'data:image/png;base64,${png.toString('base64')}'
    await image.decode()
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight)
    canvas.getContext('2d').drawImage(image, 0, 0)
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 1 })
    const reader = new FileReader()
    reader.readAsDataURL(blob)
    await new Promise((resolve) => reader.addEventListener('load', resolve))
    return reader.result
  })()`)
  await page.close()
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')
}
